// Items of lists under the names that sets of fields have for them.
import type { Key, Shape } from './shape.ts';

export type Value = unknown;
export type MapValue = Readonly<Record<string, unknown>>;
export type ListShape = Extract<Shape, { readonly is: 'list' | 'set' }>;

export function isMap(value: Value): value is MapValue {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Items by element; undefined where two have the same one, or one has no key: then the list is owned as a whole. */
export function itemsOf(list: readonly Value[], shape: ListShape): ReadonlyMap<string, Value> | undefined {
  const items = new Map<string, Value>();
  for (const item of list) {
    const element = shape.is === 'set' ? `v:${JSON.stringify(item)}` : elementOf(item, shape.keys);
    if (element === undefined || items.has(element)) return undefined;
    items.set(element, item);
  }
  return items;
}

function elementOf(item: Value, keys: readonly Key[]): string | undefined {
  if (!isMap(item)) return undefined;
  let text = '';
  for (const key of sorted(keys)) {
    const value = item[key.name] ?? key.default;
    if (value === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(key.name)}:${JSON.stringify(value)}`;
  }
  return text === '' ? undefined : `k:{${text}}`;
}

function sorted(keys: readonly Key[]): readonly Key[] {
  return keys.length < 2 ? keys : keys.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Whether a value counts as one that has no parts. */
export function isEmpty(value: Value): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value !== 'object') return false;
  for (const _ in value) return false;
  return true;
}
