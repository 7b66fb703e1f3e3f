import { isStruct } from './structural.ts';

export function isEqual(a: unknown, b: unknown): boolean {
  return a === b || stable(a) === stable(b);
}

/** A text that is the same for equal values. */
export function stable(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => {
    if (typeof one === 'bigint') return String(one);
    return isStruct(one) ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))) : one;
  });
}
