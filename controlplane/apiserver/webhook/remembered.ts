/** What was found out a while ago. The oldest goes first where there is too much. */
export interface Remembered<T> {
  get(key: string): T | undefined;
  set(key: string, value: T, ttlMs: number): void;
}

export function createRemembered<T>(now: () => number, most = 8192): Remembered<T> {
  const known = new Map<string, { readonly value: T; readonly untilMs: number }>();
  return {
    get(key) {
      const found = known.get(key);
      if (found !== undefined && found.untilMs > now()) return found.value;
      known.delete(key);
      return undefined;
    },
    set(key, value, ttlMs) {
      if (ttlMs <= 0 || key.length > longestKey) return;
      known.delete(key);
      if (known.size >= most) known.delete(known.keys().next().value!);
      known.set(key, { value, untilMs: now() + ttlMs });
    },
  };
}
const longestKey = 10_000;
