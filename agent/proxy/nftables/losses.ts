import type { Family } from '#lib/ip.ts';
import type { Losses } from '../own-losses.ts';
import { tableName } from './base.ts';
import { splitObject } from './objects.ts';
import type { ObjectChange } from './render.ts';

/**
 * What `changes` take from the kernel, given the texts that are `there`: elements, rules (writing a chain anew takes all of it), chains
 * and sets that go. With `isWhole` the table, too; whatever else was in it is not known.
 */
export function lossesOf(
  changes: readonly ObjectChange[],
  there: ReadonlyMap<string, string>,
  family: Family,
  isWhole: boolean,
): Losses {
  const table = `${family === 4 ? 'ip' : 'ip6'} ${tableName}`;
  const losses = new Map<string, number>(isWhole ? [[`${table} `, 1]] : []);
  for (const { id, text, isThere } of changes) {
    if (!isThere) continue;
    const { kind, name } = splitObject(id);
    const goes = text === undefined || kind === 'element' ? 1 : 0;
    const rules = kind === 'chain' ? (there.get(id)?.split('\n').length ?? 1) - 1 : 0; // behind the hook, one a line
    const place = `${table} ${name}`;
    losses.set(place, (losses.get(place) ?? 0) + goes + rules);
  }
  return losses;
}
