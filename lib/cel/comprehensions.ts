// Loops with two variables: index and item of a list, key and value of a map. Rule: cel-go ext, comprehensions.
import type { Environment } from '@marcbachmann/cel-js';
import type { Node } from './cost.ts';
import { charge } from './meter.ts';

interface Type {
  readonly kind: string;
  readonly valueType?: Type;
  readonly keyType?: Type;
  isDynOrBool(): boolean;
}

interface Context {
  forkWithVariable(name: string, type: Type): Context;
  reuse(parent: Context): Context;
  setIterValue(value: unknown, evaluator: Evaluator): Context;
}

interface Checker {
  check(node: Node, context: Context): Type;
  getType(name: string): Type;
  createError(code: string, message: string, node: Node): Error;
}

interface Evaluator {
  run(node: Node, context: Context): unknown;
  tryEval(node: Node, context: Context): unknown;
}

interface Call {
  readonly args: readonly Node[];
  readonly receiver: Node;
}

/** What a loop does with each item: `step` runs the expression of the loop, or its filter. */
interface Loop {
  /** How many arguments are expressions, and whether the first of two is a filter. */
  readonly isFiltered: boolean;
  readonly type: string;
  readonly wantsBool: boolean;
  run(items: Iterable<Item>): unknown;
}

interface Item {
  readonly key: unknown;
  /** Of the filter. @throws {Error} */
  fits(): boolean;
  value(): unknown;
}

export function addComprehensions(environment: Environment): void {
  const add = (name: string, count: number, type: string, run: Loop['run'], wantsBool = false): void => {
    const isFiltered = count === 4;
    const signature = `list.${name}(${Array.from({ length: count }, () => 'ast').join(', ')}): ${type}`;
    environment.registerFunction(signature, expander({ isFiltered, type, wantsBool, run }) as never);
  };
  add('all', 3, 'bool', (items) => decide(items, false), true);
  add('exists', 3, 'bool', (items) => decide(items, true), true);
  add('existsOne', 3, 'bool', one, true);
  add('exists_one', 3, 'bool', one, true);
  for (const count of [3, 4]) {
    add('transformList', count, 'list<dyn>', (items) => chosen(items).map((item) => item.value()));
    add('transformMap', count, 'map<dyn, dyn>', (items) => {
      return new Map(chosen(items).map((item) => [item.key, item.value()]));
    });
    add('transformMapEntry', count, 'map<dyn, dyn>', entries);
  }
  environment.registerFunction('list.existsOne(ast, ast): bool', oneVariable as never);
}

function* chosenOf(items: Iterable<Item>): Iterable<Item> {
  for (const item of items) if (item.fits()) yield item;
}

/** The items are one object that moves on: what is asked of them is asked at once. */
function chosen(items: Iterable<Item>): { map<T>(make: (item: Item) => T): T[] } {
  return {
    map(make) {
      const made = [];
      for (const item of chosenOf(items)) made.push(make(item));
      return made;
    },
  };
}

/** Ends with the first that is `wanted`; an error counts only if none is. */
function decide(items: Iterable<Item>, wanted: boolean): boolean {
  let failed: unknown;
  for (const item of items) {
    const value = item.value();
    if (value === wanted) return wanted;
    if (value instanceof Error) failed ??= value;
  }
  if (failed !== undefined) throw failed;
  return !wanted;
}

function one(items: Iterable<Item>): boolean {
  let count = 0;
  for (const item of items) {
    const value = item.value();
    if (value instanceof Error) throw value;
    if (value === true) count++;
  }
  return count === 1;
}

function entries(items: Iterable<Item>): unknown {
  const all = new Map<unknown, unknown>();
  for (const item of chosenOf(items)) {
    const entry = item.value();
    if (!(entry instanceof Map)) throw new Error('transformMapEntry() must make maps');
    for (const [key, value] of entry) {
      if (all.has(key)) throw new Error(`insert failed: key ${String(key)} already exists`);
      all.set(key, value);
    }
  }
  return all;
}

function expander(loop: Loop) {
  return ({ args, receiver }: Call) => {
    const [first, second, ...rest] = args;
    const names = [nameOf(first), nameOf(second)] as const;
    const filter = loop.isFiltered ? rest[0] : undefined;
    const expression = rest.at(-1)!;
    let contexts: readonly [Context, Context] | undefined;
    return {
      receiver,
      ...(filter === undefined ? {} : { filter }),
      expression,
      async: false,
      typeCheck(checker: Checker, _macro: unknown, context: Context): Type {
        const { key, value } = variablesOf(checker, receiver, context);
        const outer = context.forkWithVariable(names[0], key);
        contexts = [outer, outer.forkWithVariable(names[1], value)];
        for (const node of [filter, expression]) {
          if (node === undefined) continue;
          const type = checker.check(node, contexts[1]);
          const mustBeBool = node === filter || loop.wantsBool;
          if (mustBeBool && !type.isDynOrBool()) {
            throw checker.createError('invalid_predicate', 'the predicate must return bool', node);
          }
        }
        return checker.getType(loop.type);
      },
      evaluate(evaluator: Evaluator, _macro: unknown, context: Context): unknown {
        const outer = contexts![0].reuse(context);
        const inner = contexts![1].reuse(outer);
        const run = (node: Node) => evaluator.run(node, inner);
        const range = pairsOf(evaluator.run(receiver, context));
        return loop.run(iterate(range));

        function* iterate(pairs: Iterable<readonly [unknown, unknown]>): Iterable<Item> {
          for (const [key, value] of pairs) {
            charge(perItem);
            outer.setIterValue(key, evaluator);
            inner.setIterValue(value, evaluator);
            yield {
              key,
              fits: () => filter === undefined || run(filter) === true,
              value: () => (loop.wantsBool ? evaluator.tryEval(expression, inner) : run(expression)),
            };
          }
        }
      },
    };
  };
}
const perItem = 4;

/** With one variable, as `exists_one`. */
function oneVariable({ args, receiver }: Call) {
  const name = nameOf(args[0]);
  const expression = args[1]!;
  let own: Context | undefined;
  return {
    receiver,
    expression,
    async: false,
    typeCheck(checker: Checker, _macro: unknown, context: Context): Type {
      const { key, value, isList } = variablesOf(checker, receiver, context);
      own = context.forkWithVariable(name, isList ? value : key);
      checker.check(expression, own);
      return checker.getType('bool');
    },
    evaluate(evaluator: Evaluator, _macro: unknown, context: Context): unknown {
      const inner = own!.reuse(context);
      const range = evaluator.run(receiver, context);
      let count = 0;
      for (const [key, value] of pairsOf(range)) {
        charge(perItem);
        inner.setIterValue(Array.isArray(range) ? value : key, evaluator);
        if (evaluator.run(expression, inner) === true) count++;
      }
      return count === 1;
    },
  };
}

function nameOf(node: Node | undefined): string {
  if (node?.op === 'id' && typeof node.args === 'string') return node.args;
  throw new Error('argument must be a simple name');
}

function variablesOf(checker: Checker, range: Node, context: Context): { key: Type; value: Type; isList: boolean } {
  const type = checker.check(range, context);
  const dyn = checker.getType('dyn');
  if (type.kind === 'list') return { key: checker.getType('int'), value: type.valueType ?? dyn, isList: true };
  if (type.kind === 'map') return { key: type.keyType ?? dyn, value: type.valueType ?? dyn, isList: false };
  if (type.kind === 'dyn') return { key: dyn, value: dyn, isList: true };
  throw checker.createError('invalid_comprehension_range', 'the range must be a list, a map, or dynamic', range);
}

function pairsOf(range: unknown): Iterable<readonly [unknown, unknown]> {
  if (Array.isArray(range)) return range.map((item, index) => [BigInt(index), item] as const);
  if (range instanceof Map) return range;
  throw new Error('the range must be a list or a map');
}
