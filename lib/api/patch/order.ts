// The order of a merged list: what the patch orders stands as the patch has it, the rest keeps its place before or after.
import { badRequest } from '../status.ts';
import { isSpecial } from './directives.ts';
import { isMap, own } from './value.ts';

/**
 * `merged` with the items named by `order` in that order; the others go where they stood among them on the server.
 * Rule: strategicpatch normalizeElementOrder.
 */
export function inOrder(
  merged: readonly unknown[],
  order: readonly unknown[],
  server: readonly unknown[],
  mergeKey: string | undefined,
): unknown[] {
  const places = placesOf(order, mergeKey);
  const serverPlaces = placesOf(server, mergeKey);
  const place = (item: unknown) => places.get(identity(item, mergeKey)) ?? -1;
  const serverPlace = (item: unknown) => serverPlaces.get(identity(item, mergeKey)) ?? -1;
  const ordered = merged.filter((item) => place(item) >= 0).sort((a, b) => place(a) - place(b));
  const others = merged.filter((item) => place(item) < 0).sort((a, b) => serverPlace(a) - serverPlace(b));
  return interleave(others, ordered, serverPlace);
}

function interleave(
  others: readonly unknown[],
  ordered: readonly unknown[],
  serverPlace: (item: unknown) => number,
): unknown[] {
  const result: unknown[] = [];
  let left = 0;
  let right = 0;
  while (left < others.length || right < ordered.length) {
    const stood = right < ordered.length ? serverPlace(ordered[right]) : Number.POSITIVE_INFINITY;
    const isOther = left < others.length && serverPlace(others[left]) < stood;
    result.push(isOther || right >= ordered.length ? others[left++] : ordered[right++]);
  }
  return result;
}

/**
 * The items of `list` must all be in `order`, in that order.
 * @throws {StatusError} BadRequest if not
 */
export function elementOrder(order: readonly unknown[], list: readonly unknown[], mergeKey: string | undefined): void {
  const places = placesOf(order, mergeKey);
  let last = -1;
  for (const item of list) {
    if (isMap(item) && isSpecial(item)) continue;
    const place = places.get(identity(item, mergeKey)) ?? -1;
    if (place < last || place === -1) {
      const [given, asked] = [JSON.stringify(list), JSON.stringify(order)];
      throw badRequest(`The order in patch list:\n${given}\n doesn't match $setElementOrder list:\n${asked}\n`);
    }
    last = place;
  }
}

function placesOf(list: readonly unknown[], mergeKey: string | undefined): ReadonlyMap<unknown, number> {
  return new Map(list.map((item, index) => [identity(item, mergeKey), index]));
}

function identity(item: unknown, mergeKey: string | undefined): unknown {
  return mergeKey !== undefined && isMap(item) ? own(item, mergeKey) : item;
}
