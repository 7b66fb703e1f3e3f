import { isMap, type JsonMap, put } from './value.ts';

/** Keys of a strategic patch that say how to merge. */
export const directives = {
  patch: '$patch',
  retainKeys: '$retainKeys',
  deleteFrom: '$deleteFromPrimitiveList/',
  order: '$setElementOrder/',
} as const;

/** A part of a patch as it is stored where nothing stood before. */
export function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isMap(item) || !isSpecial(item)).map(withoutDirectives);
  if (!isMap(value)) return value;
  const result: JsonMap = {};
  for (const key of Object.keys(value)) if (!isDirective(key)) put(result, key, withoutDirectives(value[key]));
  return result;
}

/** Without keys whose value is null: there is nothing that they could delete. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isMap(value)) return value;
  const result: JsonMap = {};
  for (const key of Object.keys(value)) if (value[key] !== null) put(result, key, withoutNulls(value[key]));
  return result;
}

/** An item of a list that is an order rather than an item. */
export function isSpecial(item: JsonMap): boolean {
  return Object.hasOwn(item, directives.patch);
}

function isDirective(key: string): boolean {
  return (
    key === directives.patch ||
    key === directives.retainKeys ||
    key.startsWith(directives.deleteFrom) ||
    key.startsWith(directives.order)
  );
}
