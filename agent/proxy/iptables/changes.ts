import { type ChainId, isSame, type Jump, type Rule, type Table } from './rules.ts';

/** One change to the kernel's rules. */
export type Change =
  /** Makes the chain, or empties the one that is there, and fills it. */
  | { readonly do: 'write'; readonly id: ChainId; readonly rules: readonly Rule[] }
  /** Takes rules out of a chain whose order does not matter, and puts others to its front. */
  | {
      readonly do: 'edit';
      readonly id: ChainId;
      readonly removed: readonly Rule[];
      readonly added: readonly Rule[];
      /** What is there afterwards, in some order. */
      readonly rules: readonly Rule[];
    }
  | { readonly do: 'delete'; readonly id: ChainId }
  | { readonly do: 'unjump'; readonly table: Table; readonly from: string; readonly rule: Rule }
  | { readonly do: 'jump'; readonly jump: Jump };

type Edit = Extract<Change, { readonly do: 'edit' }>;

/** What the kernel has, as far as it is ours. */
export interface Observed {
  readonly chains: ReadonlyMap<ChainId, readonly Rule[]>;
  /** Rules in the kernel's own chains that lead to ours. */
  readonly jumps: readonly { readonly table: Table; readonly from: string; readonly rule: Rule }[];
}

export interface Wanted {
  rulesOf(id: ChainId): readonly Rule[] | undefined;
  isShared(id: ChainId): boolean;
  lastCount(id: ChainId): number;
}

/** What makes the chains `ids` as they are wanted, given what is there. */
export function changesOf(
  ids: Iterable<ChainId>,
  wanted: Wanted,
  there: ReadonlyMap<ChainId, readonly Rule[]>,
): readonly Change[] {
  return [...ids].flatMap((id) => changeOf(id, wanted, there.get(id)));
}

function changeOf(id: ChainId, wanted: Wanted, there: readonly Rule[] | undefined): readonly Change[] {
  const rules = wanted.rulesOf(id);
  if (rules === undefined) return there === undefined ? [] : [{ do: 'delete', id }];
  if (there === undefined) return [{ do: 'write', id, rules }];
  if (isSame(rules, there)) return [];
  const edit = wanted.isShared(id) ? editOf(id, rules, there, wanted.lastCount(id)) : undefined;
  if (edit === undefined) return [{ do: 'write', id, rules }];
  return edit.removed.length + edit.added.length > 0 ? [edit] : []; // only another order: as good
}

/**
 * The few rules that differ, so that a chain with one rule for each Service is not written anew for one of them.
 * Undefined if the end has changed, where order matters, or if so much differs that writing is cheaper.
 */
function editOf(id: ChainId, rules: readonly Rule[], there: readonly Rule[], lastCount: number): Edit | undefined {
  const end = (all: readonly Rule[]) => all.slice(all.length - lastCount);
  if (there.length < lastCount || !isSame(end(rules), end(there))) return undefined;
  const surplus = new Map<Rule, number>();
  for (const rule of there) surplus.set(rule, (surplus.get(rule) ?? 0) + 1);
  const added: Rule[] = [];
  for (const rule of rules) {
    const count = surplus.get(rule) ?? 0;
    if (count === 0) added.push(rule);
    else surplus.set(rule, count - 1);
  }
  const removed = [...surplus].flatMap(([rule, count]) => Array<Rule>(count).fill(rule));
  return removed.length + added.length > mostEdits ? undefined : { do: 'edit', id, removed, added, rules };
}
// Each removal makes iptables read the whole chain; adding is cheap, yet a long list is better written at once.
const mostEdits = 100;

/** What brings the ways in to the front (or the end) of the kernel's own chains, each once. */
export function jumpChanges(jumps: readonly Jump[], there: Observed['jumps']): readonly Change[] {
  const left = [...there];
  const missing = jumps.filter((jump) => {
    const at = left.findIndex(
      ({ table, from, rule }) => table === jump.table && from === jump.from && rule === jump.rule,
    );
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
  return [
    ...left.map((rule): Change => ({ do: 'unjump', ...rule })),
    // Each goes to the front: the last one first, so that they end in the order given.
    ...missing.reverse().map((jump): Change => ({ do: 'jump', jump })),
  ];
}
