/**
 * A copy that shares nothing with `value`, which is made of what JSON has. `structuredClone` is ten times as slow for it.
 */
export function copyOf<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf) as T;
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (key === '__proto__') Object.defineProperty(copy, key, { ...asUsual, value: copyOf(member) });
    else copy[key] = copyOf(member);
  }
  return copy as T;
}
const asUsual = { enumerable: true, configurable: true, writable: true };
