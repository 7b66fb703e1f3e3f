// Lists that merge: sets of scalars, and maps told apart by a merge key.
import { badRequest } from '../status.ts';
import { directives, isSpecial, withoutDirectives, withoutNulls } from './directives.ts';
import { isEqual, type JsonMap, own } from './value.ts';

/** Each value once, those of the original first. */
export function mergeScalars(original: readonly unknown[], patch: readonly unknown[]): unknown[] {
  return [...new Set([...original, ...patch])];
}

export function deleteFrom(list: readonly unknown[], gone: readonly unknown[]): unknown[] {
  return list.filter((item) => !gone.includes(item));
}

export interface MergedList {
  readonly merged: JsonMap[];
  /** The items of the patch that are items: the order that they ask for. */
  readonly ordered: JsonMap[];
}

/**
 * Merges lists of maps: an item of the patch changes the one with the same key, or is added.
 * `$patch: delete` takes an item away; `$patch: replace` lets the patch stand for the whole list.
 */
export function mergeMaps(
  original: readonly JsonMap[],
  patch: readonly JsonMap[],
  mergeKey: string,
  merge: (before: JsonMap, change: JsonMap) => JsonMap,
): MergedList {
  let base = [...original];
  let isWhole = false;
  const ordered: JsonMap[] = [];
  for (const item of patch) {
    const order = own(item, directives.patch);
    if (!isSpecial(item)) ordered.push(item);
    else if (order === 'replace') isWhole = true;
    else if (order === 'delete') base = base.filter((one) => !isEqual(own(one, mergeKey), keyOf(item, mergeKey)));
    else throw badRequest(`unknown patch type '${String(order)}' in list`);
  }
  if (isWhole) return { merged: ordered.map((item) => withoutDirectives(item) as JsonMap), ordered };
  for (const item of ordered) {
    const key = keyOf(item, mergeKey);
    const index = base.findIndex((one) => isEqual(own(one, mergeKey), key));
    if (index === -1) base.push(withoutDirectives(withoutNulls(item)) as JsonMap);
    else base[index] = merge(base[index]!, item);
  }
  return { merged: base, ordered };
}

function keyOf(item: JsonMap, mergeKey: string): unknown {
  const key = own(item, mergeKey);
  if (key === undefined)
    throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`);
  return key;
}
