import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { slower } from './lab.ts';

/** What `ask` gives once that is `expected`; asked again until then, or what it gave last after a generous while. */
export async function becomes<T>(ask: () => Promise<T>, expected: T): Promise<T> {
  return until(ask, (found) => isDeepStrictEqual(found, expected));
}

/** The same, until `isRight` says so. */
export async function until<T>(ask: () => Promise<T>, isRight: (found: T) => boolean): Promise<T> {
  const endMs = performance.now() + patienceMs * slower;
  for (;;) {
    const found = await ask();
    if (isRight(found) || performance.now() > endMs) return found;
    await delay(50);
  }
}
const patienceMs = 20_000;
