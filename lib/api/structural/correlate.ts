// What a value was before: which part of the old object it answers to, and whether it is still the same.
// Rule: apiserver cel/common, CorrelatedObject; KEP-4008, validation ratcheting.
import { isEqual } from './equal.ts';
import { additionalOf, isStruct, itemsOf, propertyOf, type Structural } from './structural.ts';

/** Stands for the old value of what has none that it could be compared with. */
export const apart: unique symbol = Symbol('apart');

/** The old value of `key` of a struct or map. */
export function oldOfKey(old: unknown, key: string): unknown {
  return isStruct(old) && Object.hasOwn(old, key) ? old[key] : apart;
}

/** The old value of an item: known of lists that are maps only. */
export function oldOfItem(old: unknown, item: unknown, list: Structural): unknown {
  if (list['x-kubernetes-list-type'] !== 'map' || !Array.isArray(old) || !isStruct(item)) return apart;
  const keys = list['x-kubernetes-list-map-keys'] ?? [];
  const found = old.find((one) => isStruct(one) && keys.every((key) => isEqual(one[key], item[key])));
  return found === undefined ? apart : found;
}

/** Whether nothing of it was touched, as far as the schema knows it: what it does not specify counts as touched. */
export function isUntouched(value: unknown, old: unknown, schema: Structural): boolean {
  if (old === apart) return false;
  if (Array.isArray(value) && Array.isArray(old)) return isUntouchedList(value, old, schema);
  if (!isStruct(value) || !isStruct(old)) return isEqual(value, old);
  const keys = Object.keys(value);
  if (keys.length !== Object.keys(old).length) return false;
  return keys.every((key) => {
    const below = propertyOf(schema, key) ?? additionalOf(schema);
    return below !== undefined && isUntouched(value[key], oldOfKey(old, key), below);
  });
}

function isUntouchedList(value: readonly unknown[], old: readonly unknown[], schema: Structural): boolean {
  if (value.length !== old.length) return false;
  const items = itemsOf(schema);
  if (schema['x-kubernetes-list-type'] !== 'map' || items === undefined) return isEqual(value, old);
  return value.every((item) => isUntouched(item, oldOfItem(old, item, schema), items));
}
