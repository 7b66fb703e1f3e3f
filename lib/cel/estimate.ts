// The most that an expression can cost, from how large its variables can be. Pure. Rule: cel-go checker, cost;
// k8s.io/apiserver pkg/cel/library, cost. What is not known to be large counts as small: at run time the limits hold anyway.
import type { Node } from './cost.ts';

/** How large a value can be: characters, items or entries. */
export interface Size {
  readonly kind: 'scalar' | 'text' | 'list' | 'map' | 'object';
  readonly most: number;
  /** Of a list, or the values of a map. */
  items?(): Size;
  /** Of an object. */
  field?(name: string): Size | undefined;
}

interface Estimate {
  readonly cost: number;
  readonly size: Size;
}

type Scope = ReadonlyMap<string, Size>;

/** `root`: of a parsed expression. */
export function estimateCost(root: Node, variables: Readonly<Record<string, Size>>): number {
  return estimate(root, new Map(Object.entries(variables))).cost;
}

const scalar: Size = { kind: 'scalar', most: 1 };
/** Keys have no size, as upstream has it. */
const key: Size = { kind: 'text', most: 0 };
const text = (most: number): Size => ({ kind: 'text', most });
const listOf = (most: number, item: Size): Size => ({ kind: 'list', most, items: () => item });

function estimate(node: Node, scope: Scope): Estimate {
  const args = node.args as readonly unknown[];
  switch (node.op) {
    case 'value':
      return { cost: 0, size: typeof node.args === 'string' ? text(node.args.length) : scalar };
    case 'id':
      return { cost: 1, size: scope.get(node.args as unknown as string) ?? scalar };
    case '.':
    case '.?':
      return selected(estimate(args[0] as Node, scope), nameIn(args[1]));
    case '[]':
    case '[?]':
      return indexed(estimate(args[0] as Node, scope), args[1] as Node, scope);
    case 'list': {
      const items = args.map((one) => estimate(one as Node, scope));
      return { cost: 10 + sum(items), size: listOf(items.length, largest(items.map(({ size }) => size))) };
    }
    case 'map': {
      const entries = (args as readonly (readonly [Node, Node])[]).map((pair) =>
        pair.map((one) => estimate(one, scope)),
      );
      const item = largest(entries.map(([, value]) => value!.size));
      return { cost: 30 + sum(entries.flat()), size: { kind: 'map', most: entries.length, items: () => item } };
    }
    case '?:': {
      const [condition, yes, no] = args.map((one) => estimate(one as Node, scope));
      return { cost: condition!.cost + Math.max(yes!.cost, no!.cost), size: largest([yes!.size, no!.size]) };
    }
    case '&&':
    case '||':
      return { cost: sum(args.map((one) => estimate(one as Node, scope))), size: scalar };
    case 'call':
      return called(String(args[0]), undefined, args[1] as readonly Node[], scope);
    case 'rcall':
      return called(String(args[0]), args[1] as Node, args[2] as readonly Node[], scope);
    default: {
      const sides = (Array.isArray(args) ? args : [args]).map((one) => estimate(one as Node, scope));
      return applied(node.op, undefined, sides);
    }
  }
}

function nameIn(part: unknown): string {
  return typeof part === 'string' ? part : String((part as Node).args);
}

function sum(all: readonly Estimate[]): number {
  return all.reduce((total, { cost }) => total + cost, 0);
}

function largest(sizes: readonly Size[]): Size {
  return sizes.reduce((a, b) => (b.most > a.most ? b : a), scalar);
}

function selected({ cost, size }: Estimate, name: string): Estimate {
  return { cost: cost + 1, size: size.field?.(name) ?? size.items?.() ?? scalar };
}

function indexed(of: Estimate, index: Node, scope: Scope): Estimate {
  const { cost } = estimate(index, scope);
  const named = index.op === 'value' ? of.size.field?.(String(index.args)) : undefined;
  return { cost: of.cost + cost + 1, size: named ?? of.size.items?.() ?? scalar };
}

function called(name: string, target: Node | undefined, args: readonly Node[], scope: Scope): Estimate {
  if (name === 'has') {
    const [{ args: parts }] = args as readonly [Node];
    return { cost: estimate((parts as readonly Node[])[0]!, scope).cost, size: scalar };
  }
  if (name === 'bind' && args.length === 3) {
    const bound = estimate(args[1]!, scope);
    const body = estimate(args[2]!, new Map(scope).set(nameIn(args[0]), bound.size));
    return { cost: bound.cost + body.cost + 11, size: body.size };
  }
  if (target !== undefined && (name === 'optMap' || name === 'optFlatMap')) {
    const of = estimate(target, scope);
    const body = estimate(args[1]!, new Map(scope).set(nameIn(args[0]), of.size));
    return { cost: of.cost + body.cost + 12, size: body.size };
  }
  if (target !== undefined && Object.hasOwn(loops, name) && args.length >= 2) return looped(name, target, args, scope);
  return applied(
    name,
    target === undefined ? undefined : estimate(target, scope),
    args.map((one) => estimate(one, scope)),
  );
}

/** What loops do about each item, beside what is asked. */
const loops: Readonly<Record<string, number>> = {
  all: 3,
  exists: 4,
  exists_one: 2,
  existsOne: 2,
  map: 12,
  filter: 13,
  transformList: 12,
  transformMap: 12,
  transformMapEntry: 42,
};

function looped(name: string, target: Node, args: readonly Node[], scope: Scope): Estimate {
  const range = estimate(target, scope);
  const item = range.size.items?.() ?? scalar;
  const isMap = range.size.kind === 'map' || range.size.kind === 'object';
  const inner = new Map(scope);
  const names = name.startsWith('transform') || (args.length === 3 && name !== 'map') ? 2 : 1;
  inner.set(nameIn(args[0]), names === 2 ? (isMap ? key : scalar) : isMap ? key : item);
  if (names === 2) inner.set(nameIn(args[1]), item);
  const steps = args.slice(names).map((one) => estimate(one, inner));
  const makesList = name === 'map' || name === 'filter' || name.startsWith('transform');
  const result = name === 'filter' ? (isMap ? key : item) : steps.at(-1)!.size;
  const { most } = range.size;
  return {
    cost: range.cost + (makesList ? 11 : 1) + times(most, sum(steps) + loops[name]!),
    size: makesList ? listOf(most, result) : scalar,
  };
}

/** Functions and operators, by what they take. */
function applied(name: string, target: Estimate | undefined, args: readonly Estimate[]): Estimate {
  const all = target === undefined ? args : [target, ...args];
  const before = sum(all);
  const [a = scalar, b = scalar, c = scalar] = all.map(({ size }) => size);
  const answer = (cost: number, size: Size = scalar): Estimate => ({ cost: before + cost, size });
  switch (name) {
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return answer(part(Math.min(a.most, b.most)));
    case 'in':
      return answer(b.kind === 'list' ? b.most : 1);
    case '+':
      if (a.kind === 'list')
        return answer(1, listOf(a.most + b.most, largest([a.items?.() ?? scalar, b.items?.() ?? scalar])));
      return a.kind === 'text' || b.kind === 'text' ? answer(part(a.most + b.most), text(a.most + b.most)) : answer(1);
    case 'startsWith':
    case 'endsWith':
      return answer(part(b.most));
    case 'contains':
      if (a.kind === 'list') return answer(1 + times(a.most, b.most));
      return answer(times(part(a.most), part(b.most)));
    case 'intersects':
    case 'equivalent':
      return answer(1 + times(a.most, b.most) * (name === 'equivalent' ? 2 : 1));
    case 'matches':
      return answer(times(part(a.most + 1), part(b.most, 0.25)));
    case 'find':
      return answer(times(part(a.most + 1), part(b.most, 0.25)), text(a.most));
    case 'findAll':
      return answer(times(part(a.most + 1), part(b.most, 0.25)), listOf(a.most, text(a.most)));
    case 'lowerAscii':
    case 'upperAscii':
    case 'substring':
    case 'trim':
      return answer(part(a.most), text(a.most));
    case 'replace':
      return answer(
        part(a.most, 0.2),
        text(b.most === 0 ? times(a.most, Math.max(1, c.most)) : Math.max(a.most, times(a.most, c.most) / b.most)),
      );
    case 'split':
      return answer(part(a.most, 0.2), listOf(a.most, text(a.most)));
    case 'join': {
      const most = times(a.most, a.items?.().most ?? 1) + times(Math.max(0, a.most - 1), args[0]?.size.most ?? 0);
      return answer(part(most), text(most));
    }
    case 'isSorted':
    case 'sum':
    case 'max':
    case 'min':
    case 'indexOf':
    case 'lastIndexOf':
      if (a.kind === 'text') return answer(times(part(a.most), part(b.most)));
      return answer(times(a.most, Math.max(1, part(a.items?.().most ?? 1))), a.items?.() ?? scalar);
    case 'quantity':
    case 'isQuantity':
    case 'url':
    case 'isURL':
    case 'ip':
    case 'isIP':
    case 'cidr':
    case 'isCIDR':
    case 'semver':
    case 'isSemver':
      return answer(part(a.most));
    case 'orValue':
    case 'or':
      return answer(1, largest([a, b]));
    case 'value':
    case 'flatten':
    case 'dyn':
    case 'optional.of':
    case 'of':
      return answer(1, target?.size ?? a);
    case 'string':
      return answer(1, a.kind === 'text' ? a : scalar);
    case 'check':
      return answer(350_000);
    default:
      return answer(1);
  }
}

function part(size: number, factor = 0.1): number {
  return Math.ceil(size * factor);
}

/** Nothing times without end is nothing. */
function times(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a * b;
}
