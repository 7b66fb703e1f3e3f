import { StatusError } from '#lib/api/status.ts';

/** What `work` returns; undefined where it refuses in a way that is a client's fault. @throws {Error} what else it throws */
export function attempted<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof StatusError && error.code < 500) return undefined;
    throw error;
  }
}

/** Nothing may reach what all objects share. */
export function assertUnpolluted(): void {
  const own = Object.getOwnPropertyNames(Object.prototype).length + Object.getOwnPropertyNames(Array.prototype).length;
  expected ??= own;
  if (own !== expected || 'polluted' in {}) throw new Error('A prototype has been polluted');
}
let expected: number | undefined;
assertUnpolluted();
