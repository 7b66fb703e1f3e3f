import { settledOrAborted } from '../settled-or-aborted.ts';

/**
 * Work that several wait for together, by key. Who gives up waiting ends it for nobody else: it is given up itself when
 * nobody waits any more.
 */
export type Shared<T> = (key: string, run: (signal: AbortSignal) => Promise<T>, signal: AbortSignal) => Promise<T>;

export function createShared<T>(): Shared<T> {
  interface Work {
    readonly promise: Promise<T>;
    readonly end: AbortController;
    waiters: number;
  }
  const running = new Map<string, Work>(); // bounded by those who wait

  function begin(key: string, run: (signal: AbortSignal) => Promise<T>): Work {
    const end = new AbortController();
    const work: Work = { promise: run(end.signal), end, waiters: 0 };
    const forget = () => {
      if (running.get(key) === work) running.delete(key);
    };
    work.promise.then(forget, forget);
    running.set(key, work);
    return work;
  }

  return async (key, run, signal) => {
    signal.throwIfAborted();
    const work = running.get(key) ?? begin(key, run);
    work.waiters++;
    try {
      await settledOrAborted(work.promise, signal);
      signal.throwIfAborted();
      return await work.promise;
    } finally {
      work.waiters--;
      if (work.waiters === 0) {
        if (running.get(key) === work) running.delete(key);
        work.end.abort(new Error('Nobody waits for it any more'));
      }
    }
  };
}
