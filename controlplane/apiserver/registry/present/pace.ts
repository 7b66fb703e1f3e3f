import type { Clock } from '#lib/clock.ts';
import type { Urgent } from './urgent.ts';

/**
 * Settles when the caller may compute for another millisecond or two: one caller a turn of the event loop, whatever else
 * waits comes in between. So many lists at once are slower than one, and delay nobody else.
 */
export type Pace = () => Promise<void>;

export function createPace(urgent: Pick<Urgent, 'isAny'>, clock: Pick<Clock, 'sleep'>): Pace {
  const waiting: (() => void)[] = []; // one of each list under way
  let passed = 0; // so often in a row something else went first
  function next(): void {
    if (passed < mostPassed && urgent.isAny()) {
      passed += 1;
      void clock.sleep(1, never).then(next);
      return;
    }
    passed = 0;
    waiting.shift()?.();
    if (waiting.length > 0) setImmediate(next);
  }
  return () =>
    new Promise((resolve) => {
      if (waiting.push(resolve) === 1) setImmediate(next);
    });
}
/** Changes without end leave a third of the time or so to lists. */
const mostPassed = 3;
const never = new AbortController().signal;

/** What `work` gives for each of `items`: a millisecond or so of them in one turn of the event loop. */
export async function inSlices<T, R>(items: readonly T[], work: (item: T) => R, pace: Pace): Promise<R[]> {
  const done: R[] = [];
  const slice = createSlice();
  for (const item of items) {
    if (slice.isOver()) await slice.next(pace);
    done.push(work(item));
  }
  return done;
}

export interface Slice {
  /** To be asked before each piece of work. */
  isOver(): boolean;
  next(pace: Pace): Promise<void>;
}

export function createSlice(): Slice {
  let untilMs = performance.now() + sliceMs;
  let count = 0;
  return {
    isOver: () => (++count & 7) === 0 && performance.now() >= untilMs,
    async next(pace) {
      await pace();
      untilMs = performance.now() + sliceMs;
    },
  };
}
const sliceMs = 1.5;
