// What the other files share: how a structural schema is walked. Rule: Custom Resources, "Specifying a structural schema".
import type { JSONSchemaProps } from '../types/apiextensions.v1.ts';

export type Structural = JSONSchemaProps;

export type Struct = Readonly<Record<string, unknown>>;

export function isStruct(value: unknown): value is Struct {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The schema of a list's items: a structural one has at most one. */
export function itemsOf({ items }: Structural): Structural | undefined {
  return items === undefined || Array.isArray(items) ? undefined : (items as Structural);
}

export function propertyOf({ properties }: Structural, key: string): Structural | undefined {
  return properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined;
}

/** The schema of values whose key is no property. */
export function additionalOf({ additionalProperties }: Structural): Structural | undefined {
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

/**
 * `object` with each value as `change` has it, `undefined` for one that is to go: `object` itself if none is different.
 */
export function mapValues(object: Struct, change: (value: unknown, key: string) => unknown): Struct {
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(object)) {
    const before = object[key];
    const after = change(before, key);
    if (after === before) continue;
    copy ??= { ...object };
    if (after === undefined) delete copy[key];
    else define(copy, key, after);
  }
  return copy ?? object;
}

export function mapItems(list: readonly unknown[], change: (value: unknown, index: number) => unknown) {
  let copy: unknown[] | undefined;
  for (const [index, before] of list.entries()) {
    const after = change(before, index);
    if (after === before) continue;
    copy ??= [...list];
    copy[index] = after;
  }
  return copy ?? list;
}

/** Sets an own key, `__proto__` too. */
export function define(object: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}
