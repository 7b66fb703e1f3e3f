import { isSame } from '#lib/api/kinds/equal.ts';

/** Whether two statuses say the same, where zero, '' and false say no more than a field that is absent. */
export function isSameStatus(a: unknown, b: unknown): boolean {
  return isSame(withoutZeros(a), withoutZeros(b));
}

function withoutZeros(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutZeros);
  if (value === 0 || value === '' || value === false) return undefined;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutZeros(item)]));
}
