/** Runs at most `most` at once; the others wait in their order. An abort ends the waiting. */
export type Limit = <T>(run: () => Promise<T>, signal: AbortSignal) => Promise<T>;

export function createLimit(most: number): Limit {
  let free = most;
  const waiting = new Set<() => void>(); // bounded by the callers: each waits for its own

  return async (run, signal) => {
    signal.throwIfAborted();
    if (free > 0) free--;
    else await turn(waiting, signal);
    try {
      return await run();
    } finally {
      const [next] = waiting;
      if (next === undefined) free++;
      else {
        waiting.delete(next);
        next();
      }
    }
  };
}

function turn(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      waiting.delete(go);
      reject(signal.reason);
    };
    const go = () => {
      signal.removeEventListener('abort', stop);
      resolve();
    };
    waiting.add(go);
    signal.addEventListener('abort', stop, { once: true });
  });
}
