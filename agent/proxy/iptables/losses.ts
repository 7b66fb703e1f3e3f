import type { Family } from '#lib/ip.ts';
import type { Losses } from '../own-losses.ts';
import type { Change } from './changes.ts';
import { type ChainId, type Rule, splitId } from './rules.ts';

/** What `changes` take from the kernel, given what is there: rules, and chains that go. Writing a chain anew takes all its rules. */
export function lossesOf(
  changes: readonly Change[],
  there: ReadonlyMap<ChainId, readonly Rule[]>,
  family: Family,
): Losses {
  const losses = new Map<string, number>();
  for (const change of changes) {
    const [table, chain, count] = lossOf(change, there);
    if (count === 0) continue;
    const place = `${family === 4 ? 'ip' : 'ip6'} ${table} ${chain}`;
    losses.set(place, (losses.get(place) ?? 0) + count);
  }
  return losses;
}

function lossOf(change: Change, there: ReadonlyMap<ChainId, readonly Rule[]>): readonly [string, string, number] {
  if (change.do === 'jump') return [change.jump.table, change.jump.from, 0];
  if (change.do === 'unjump') return [change.table, change.from, 1];
  const { table, chain } = splitId(change.id);
  const known = there.get(change.id);
  if (change.do === 'edit') return [table, chain, change.removed.length];
  return [table, chain, (known?.length ?? 0) + (change.do === 'delete' ? 1 : 0)];
}
