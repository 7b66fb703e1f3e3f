import { chain, element } from './objects.ts';

/** What a table of ours holds. Of a chain: its hook and the comments of its rules, which stand for their text. */
export type Observed = ReadonlyMap<string, string>;

/** Reads what `nft -j list table` printed of our table. Elements that the kernel itself adds (affinity) are none of ours. */
export function observeTable(json: string): Observed {
  const found = new Map<string, string>();
  const chains = new Map<string, string[]>();
  for (const item of (JSON.parse(json) as Listing).nftables) {
    if (item.chain !== undefined) chains.set(item.chain.name, [hookOf(item.chain)]);
    if (item.rule !== undefined) chains.get(item.rule.chain)?.push(item.rule.comment ?? '');
    const set = item.set ?? item.map;
    if (set === undefined) continue;
    found.set(`${item.set === undefined ? 'map' : 'set'} ${set.name}`, '');
    if (set.timeout !== undefined) continue;
    for (const one of set.elem ?? []) {
      // In a map, a key with its value; in a set, the key alone.
      if (isPair(one)) found.set(element(set.name, textOf(one[0])), textOf(one[1]));
      else found.set(element(set.name, textOf(one)), '');
    }
  }
  for (const [name, lines] of chains) found.set(chain(name), lines.join('\n'));
  return found;
}

interface Listing {
  readonly nftables: readonly {
    readonly chain?: Chain;
    readonly rule?: { readonly chain: string; readonly comment?: string };
    readonly set?: Set;
    readonly map?: Set;
  }[];
}

interface Chain {
  readonly name: string;
  readonly type?: string;
  readonly hook?: string;
  readonly prio?: number;
}

interface Set {
  readonly name: string;
  readonly timeout?: number;
  readonly elem?: readonly (Value | readonly [Value, Value])[];
}

type Value =
  | string
  | number
  | { readonly concat: readonly Value[] }
  | { readonly goto: { readonly target: string } }
  | { readonly drop: null };

function isPair(one: Value | readonly [Value, Value]): one is readonly [Value, Value] {
  return Array.isArray(one);
}

function hookOf({ type, hook, prio }: Chain): string {
  return hook === undefined ? '' : `type ${type} hook ${hook} priority ${prio} ;`;
}

/** As we write it. Anything else is text that nobody wants, so that it goes. */
function textOf(value: Value): string {
  if (typeof value !== 'object') return String(value);
  if ('concat' in value) return value.concat.map(textOf).join(' . ');
  if ('goto' in value) return `goto ${value.goto.target}`;
  return 'drop' in value ? 'drop' : JSON.stringify(value);
}
