import { setTimeout as delay } from 'node:timers/promises';

/** The one door to time. Pure files get `nowMs` as a field instead. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Settles after `ms`. @throws the signal's reason as soon as it is aborted */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export function createClock(): Clock {
  return {
    now: () => Date.now(),
    sleep: (ms, signal) => delay(Math.min(ms, longestMs), undefined, { signal }),
  };
}
const longestMs = 2 ** 31 - 1; // a timer's largest delay in Node

export interface FakeClock extends Clock {
  /** Moves time on and wakes, in order of their times, all who wait for a moment up to then. */
  advance(ms: number): Promise<void>;
}

export function createFakeClock(startMs = Date.UTC(2026, 0, 1)): FakeClock {
  let nowMs = startMs;
  const sleepers = new Set<{ atMs: number; wake: () => void }>();
  return {
    now: () => nowMs,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason);
          return;
        }
        const stop = () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        };
        const sleeper = {
          atMs: nowMs + ms,
          wake() {
            signal.removeEventListener('abort', stop);
            resolve();
          },
        };
        signal.addEventListener('abort', stop, { once: true });
        sleepers.add(sleeper);
      });
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      for (;;) {
        const next = [...sleepers].filter((s) => s.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined) break;
        nowMs = Math.max(nowMs, next.atMs);
        sleepers.delete(next);
        next.wake();
        await settle();
      }
      nowMs = untilMs;
      await settle();
    },
  };
}

/** Lets everything run that is ready to. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
