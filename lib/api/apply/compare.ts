// Which fields an object has, and which differ between two. Pure; on the way of every write, so nothing is built in vain.
// Rule: structured-merge-diff typed Compare and ToFieldSet.
import { isEmpty, isMap, itemsOf, type MapValue, type Value } from './elements.ts';
import { type Fields, itself, leaf } from './fields.ts';
import type { Shape } from './shape.ts';

/** All fields that `value` sets. With `marksParents`, maps and lists are in it, too, as what was not there before is. */
export function fieldsOf(value: Value, shape: Shape, marksParents = false): Fields | undefined {
  const own = marksParents ? { [itself]: leaf } : {};
  if (shape.is === 'atomic' || isEmpty(value)) return leaf;
  if (shape.is === 'map') {
    if (!isMap(value)) return leaf;
    const result: Record<string, Fields> = own;
    for (const key in value) {
      if (value[key] === undefined) continue;
      const below = fieldsOf(value[key], shape.fieldOf(key), marksParents);
      if (below !== undefined) result[`f:${key}`] = below;
    }
    return result;
  }
  const items = Array.isArray(value) ? itemsOf(value, shape) : undefined;
  if (items === undefined) return leaf;
  const result: Record<string, Fields> = own;
  for (const [element, item] of items) {
    const below = shape.is === 'set' ? leaf : fieldsOf(item, shape.item, marksParents)!;
    result[element] = itself in below || isEmpty(below) ? below : { [itself]: leaf, ...below };
  }
  return result;
}

/** All fields that are new with a new object: what even an empty one has is there before. Rule: the empty typed object. */
export function createdFields(value: Value, shape: Shape): Fields | undefined {
  if (shape.is === 'map' && isMap(value) && !isEmpty(value)) {
    const result: Record<string, Fields> = {};
    for (const key in value) {
      const one = value[key];
      if (one === undefined) continue;
      const isThere = shape.isThere?.(key) ?? false;
      if (isThere && isEmpty(one)) continue;
      const field = shape.fieldOf(key);
      const below = isThere ? createdFields(one, field) : fieldsOf(one, field, true);
      if (below !== undefined) result[`f:${key}`] = below;
    }
    return isEmpty(result) ? undefined : result;
  }
  if (shape.is !== 'list' && shape.is !== 'set') return fieldsOf(value, shape, true);
  const all = fieldsOf(value, shape, true)!;
  const { [itself]: _list, ...items } = all;
  return isEmpty(items) ? all : items;
}

export interface Comparison {
  /** Added or changed. */
  readonly changed: Fields | undefined;
  readonly removed: Fields | undefined;
}

const same: Comparison = { changed: undefined, removed: undefined };

export function compare(before: Value, now: Value, shape: Shape): Comparison {
  if (before === now) return same;
  if (isEmpty(before) && isEmpty(now))
    return (before === undefined) === (now === undefined) ? same : oneSided(before, now, shape);
  if (before === undefined || now === undefined) return oneSided(before, now, shape);
  switch (shape.is) {
    case 'atomic':
      return isEqual(before, now) ? same : { changed: leaf, removed: undefined };
    case 'map':
      if (isMap(before) && isMap(now)) return compareMaps(before, now, shape);
      return isEqual(before, now) ? same : { changed: leaf, removed: undefined };
    default:
      return compareLists(before, now, shape);
  }
}

function oneSided(before: Value, now: Value, shape: Shape): Comparison {
  return before === undefined
    ? { changed: fieldsOf(now, shape, true), removed: undefined }
    : { changed: undefined, removed: fieldsOf(before, shape, true) };
}

function compareMaps(before: MapValue, now: MapValue, shape: Extract<Shape, { readonly is: 'map' }>): Comparison {
  let changed: Record<string, Fields> | undefined;
  let removed: Record<string, Fields> | undefined;
  for (const key in now) {
    const [left, right] = [before[key], now[key]];
    if (left === right || (isEmpty(left) && isEmpty(right) && shape.isThere?.(key))) continue;
    const one = compare(left, right, shape.fieldOf(key));
    if (one === same) continue;
    if (one.changed !== undefined) (changed ??= {})[`f:${key}`] = one.changed;
    if (one.removed !== undefined) (removed ??= {})[`f:${key}`] = one.removed;
  }
  for (const key in before) {
    if (now[key] !== undefined || before[key] === undefined || key in now) continue;
    if (isEmpty(before[key]) && shape.isThere?.(key)) continue;
    const { removed: gone } = compare(before[key], undefined, shape.fieldOf(key));
    if (gone !== undefined) (removed ??= {})[`f:${key}`] = gone;
  }
  return changed === undefined && removed === undefined ? same : { changed, removed };
}

function compareLists(before: Value, now: Value, shape: Extract<Shape, { readonly is: 'list' | 'set' }>): Comparison {
  // Most lists are as they were, and finding that out is much cheaper than naming their items.
  if (isEqual(before, now)) return same;
  const left = Array.isArray(before) ? itemsOf(before, shape) : undefined;
  const right = Array.isArray(now) ? itemsOf(now, shape) : undefined;
  if (left === undefined || right === undefined) {
    return isEqual(before, now) ? same : { changed: leaf, removed: undefined };
  }
  const item: Shape = shape.is === 'set' ? { is: 'atomic' } : shape.item;
  let changed: Record<string, Fields> | undefined;
  let removed: Record<string, Fields> | undefined;
  for (const element of new Set([...right.keys(), ...left.keys()])) {
    const one = compare(left.get(element), right.get(element), item);
    if (one.changed !== undefined) {
      changed ??= {};
      changed[element] = one.changed;
    }
    if (one.removed !== undefined) {
      removed ??= {};
      removed[element] = one.removed;
    }
  }
  return { changed, removed };
}

export function isEqual(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((one, i) => isEqual(one, b[i]));
  if (!isMap(a) || !isMap(b)) return false;
  for (const key in a) if (!isEqual(a[key], b[key])) return false;
  for (const key in b) if (a[key] === undefined && b[key] !== undefined) return false;
  return true;
}
