// Makes a checked expression count what its steps cost. Rule: cel-go interpreter, runtimecost; k8s.io/apiserver
// pkg/cel/library, cost. What upstream takes for nothing though it takes time counts here: comparing all of two values,
// and making long lists.
import { compilePattern } from '#lib/api/structural/pattern.ts';
import { CostError, charge, deepSizeOf, sizeOf } from './meter.ts';
import { patternOf } from './text.ts';

/** What we use of the library's nodes. */
export interface Node {
  readonly op: string;
  readonly args: unknown;
  readonly meta: {
    readonly evaluate: Evaluate;
    readonly alternate?: Node;
    readonly macro?: object;
  };
  setMeta(key: 'evaluate', value: Evaluate): unknown;
  /** Of calls and operators: takes what has been evaluated. */
  handle?: Handle;
}
type Evaluate = (evaluator: Evaluator, node: Node, context: unknown) => unknown;
type Handle = (...given: readonly unknown[]) => unknown;

interface Evaluator {
  run(node: Node, context: unknown): unknown;
  tryEval(node: Node, context: unknown): unknown;
}

/** Changes `root` in place, which must have been checked. */
export function meter(root: unknown): void {
  const seen = new Set<unknown>();
  const visit = (value: unknown, extra: number): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    if (Array.isArray(value)) {
      for (const item of value) visit(item, 0);
    } else if (!isNode(value)) {
      visitParts(value);
    } else if (value.meta.alternate !== undefined) {
      visit(value.meta.alternate, 0);
    } else if (value.meta.macro !== undefined) {
      visitParts(value.meta.macro);
    } else {
      visit(value.args, 0);
      meterOne(value, extra);
    }
  };
  /** Of comprehensions and macros: nodes under names. Their steps run once an item. */
  const visitParts = (parts: object): void => {
    for (const [name, part] of Object.entries(parts)) visit(part, name === 'step' ? perItem : 0);
  };
  visit(root, 0);
}
/** What upstream's loops do about each item beside what is asked. */
const perItem = 4;

function isNode(value: object): value is Node {
  return 'op' in value && 'setMeta' in value;
}

function meterOne(node: Node, extra: number): void {
  const base = (costs[node.op] ?? 1) + extra;
  const { evaluate } = node.meta;
  if (node.op === 'map') node.setMeta('evaluate', (evaluator, one, context) => makeMap(evaluator, one, context, base));
  else if (node.op === 'list') {
    const length = (node.args as readonly unknown[]).length;
    node.setMeta('evaluate', counted(evaluate, base + Math.ceil(length * perCharacter)));
  } else if (base > 0) node.setMeta('evaluate', counted(evaluate, base));
  const { handle } = node;
  if (handle === undefined) return;
  const cost = costOf(node);
  const own = ownFunctions[String(nameOf(node))];
  node.handle = (...given) => {
    const args = argsOf(node, given);
    charge(cost(args));
    if (own !== undefined && args.every((arg) => typeof arg === 'string')) return own(...(args as string[]));
    return handle(...given);
  };
}

const costs: Readonly<Record<string, number>> = { value: 0, list: 10, map: 30, accuValue: 0, accuPush: 12 };
const perCharacter = 0.1;
const perCopy = 0.5;

function counted(evaluate: Evaluate, cost: number): Evaluate {
  return (evaluator, node, context) => {
    if (evaluator.tryEval !== tryEval) evaluator.tryEval = tryEval;
    charge(cost);
    return evaluate(evaluator, node, context);
  };
}

/** `||` and loops go on after an error of one side; not after this one. */
function tryEval(this: Evaluator, node: Node, context: unknown): unknown {
  try {
    return this.run(node, context);
  } catch (error) {
    if (error instanceof CostError) throw error;
    return error;
  }
}

/** The library's own maps know no keys but texts, and lose some of them. */
function makeMap(evaluator: Evaluator, node: Node, context: unknown, base: number): unknown {
  const entries = node.args as readonly (readonly [Node, Node])[];
  charge(base + Math.ceil(entries.length * perCharacter));
  return new Map(entries.map(([key, value]) => [evaluator.run(key, context), evaluator.run(value, context)]));
}

function nameOf({ op, args }: Node): unknown {
  return op === 'call' || op === 'rcall' ? (args as readonly unknown[])[0] : op;
}

/** Calls get a list of all, operators get their sides. */
function argsOf({ op }: Node, given: readonly unknown[]): readonly unknown[] {
  if (op === 'call' || op === 'rcall') return given[0] as readonly unknown[];
  return op === '!_' || op === '-_' ? given.slice(0, 1) : given.slice(0, 2);
}

type Cost = (args: readonly unknown[]) => number;

const traversal: Cost = (args) => Math.ceil(args.reduce((size: number, arg) => size + sizeOf(arg), 0) * perCharacter);
const twice: Cost = ([text]) => Math.ceil(sizeOf(text) * 2 * perCharacter);
const compared: Cost = ([a, b]) => Math.ceil(Math.min(deepSizeOf(a), deepSizeOf(b)) * perCharacter);
const joined: Cost = ([a, b]) => Math.ceil((sizeOf(a) + sizeOf(b)) * (Array.isArray(a) ? perCopy : perCharacter));
const listed: Cost = ([list]) => sizeOf(list);
const matched: Cost = ([text, pattern]) => {
  const weight = typeof pattern === 'string' ? (compilePattern(pattern)?.weight ?? pattern.length) : 1;
  return Math.ceil((1 + sizeOf(text)) * perCharacter) * Math.ceil(weight * 0.25);
};
const product: Cost = ([a, b]) => Math.ceil((1 + sizeOf(a)) * perCharacter * Math.max(1, sizeOf(b) * perCharacter));
/** Of the functions of `sets`, each item of one list may be compared with each of the other. */
const crossed: Cost = ([, a, b]) => {
  const [largest, smallest] = [Math.max(sizeOf(a), sizeOf(b)), Math.min(sizeOf(a), sizeOf(b))];
  return largest * smallest + Math.ceil(Math.min(deepSizeOf(a) * sizeOf(b), deepSizeOf(b) * sizeOf(a)) * perCharacter);
};

/** What takes longer than its arguments are long. */
function slow(base: number, names: readonly string[]): Readonly<Record<string, Cost>> {
  return Object.fromEntries(names.map((name) => [name, (args: readonly unknown[]) => base + traversal(args)]));
}
const timeParts = [
  'Date',
  'DayOfMonth',
  'DayOfWeek',
  'DayOfYear',
  'FullYear',
  'Hours',
  'Milliseconds',
  'Minutes',
  'Month',
  'Seconds',
].map((part) => `get${part}`);

const byName: Readonly<Record<string, Cost>> = {
  check: () => 350_000, // two of them fit into one expression
  '==': compared,
  '!=': compared,
  '<': compared,
  '<=': compared,
  '>': compared,
  '>=': compared,
  '+': joined,
  in: ([item, list]) => (list instanceof Map ? 0 : sizeOf(list) + compared([item, list])),
  isSorted: listed,
  sum: listed,
  max: listed,
  min: listed,
  indexOf: listed,
  lastIndexOf: listed,
  contains: (args) => (args.length === 3 ? crossed(args) : product(args)),
  startsWith: ([, part]) => Math.ceil(sizeOf(part) * perCharacter),
  endsWith: ([, part]) => Math.ceil(sizeOf(part) * perCharacter),
  matches: matched,
  find: matched,
  findAll: matched,
  replace: (args) => Math.ceil(replacedSize(args) * 2 * perCharacter),
  split: twice,
  join: ([list, separator]) => Math.ceil(joinedSize(list, separator) * 2 * perCharacter),
  format: ([text, list]) => Math.ceil((sizeOf(text) + deepSizeOf(list)) * perCharacter),
  labelSelector: ([, text]) => 10 + Math.ceil(sizeOf(text) * (perCharacter + 25)),
  fieldSelector: ([, text]) => 10 + Math.ceil(sizeOf(text) * (perCharacter + 25)),
  intersects: crossed,
  equivalent: crossed,
  validate: ([, text]) => Math.ceil((1 + sizeOf(text)) * perCharacter) * 15,
  isCanonical: ([, text]) => Math.ceil(sizeOf(text) * 2 * perCharacter),
  ...slow(10, [
    'quantity',
    'isQuantity',
    'add',
    'sub',
    'isGreaterThan',
    'isLessThan',
    'compareTo',
    'asInteger',
    'sign',
  ]),
  ...slow(10, [
    'url',
    'isURL',
    'getQuery',
    'ip',
    'isIP',
    'cidr',
    'isCIDR',
    'semver',
    'isSemver',
    'duration',
    'timestamp',
  ]),
  // With the name of a time zone they take long.
  ...Object.fromEntries(timeParts.map((name) => [name, (args: readonly unknown[]) => (args.length > 1 ? 200 : 1)])),
  __message: () => 40,
  __jsonPatch: () => 40,
};

function costOf(node: Node): Cost {
  const name = String(nameOf(node));
  return (Object.hasOwn(byName, name) ? byName[name] : undefined) ?? traversal;
}

/** Of the text that comes out, at most: so that none is made that is too long. */
function replacedSize([text, from, to]: readonly unknown[]): number {
  if (typeof text !== 'string' || typeof from !== 'string') return 0;
  const count = from === '' ? text.length + 1 : text.split(from).length - 1;
  return text.length + count * sizeOf(to);
}

function joinedSize(list: unknown, separator: unknown): number {
  if (!Array.isArray(list)) return 0;
  const between = typeof separator === 'string' ? separator.length : 0;
  return list.reduce((size: number, item) => size + sizeOf(item) + between, 0);
}

/** What the library has, but not as Go has it. */
const ownFunctions: Readonly<Record<string, ((...args: readonly string[]) => unknown) | undefined>> = {
  matches: (text = '', pattern = '') => patternOf(pattern).test(text),
  lowerAscii: (text = '') => text.replace(/[A-Z]+/g, (part) => part.toLowerCase()),
  upperAscii: (text = '') => text.replace(/[a-z]+/g, (part) => part.toUpperCase()),
};
