import type { Clock } from '#lib/clock.ts';
import type { Handler } from '../exchange.ts';

export interface Serving {
  readonly handler: Handler;
  readonly clock: Clock;
  readonly under: UnderWay;
}

/** The requests that are under way: each ends with its stream, all of them when the server stops. */
export interface UnderWay {
  /** A signal that is aborted when `stream` closes before the answer `isOver`, or by `abort`. */
  signalOf(stream: Closing, isOver?: () => boolean): AbortSignal;
  abort(): void;
  /** A signal that is aborted by `abort` alone. */
  readonly stopped: AbortSignal;
  /** Runs the answer of one request, which counts until it is over. */
  during(answer: () => Promise<void>): Promise<void>;
  readonly count: number;
}

export interface Closing {
  readonly destroyed: boolean;
  once(event: 'close', listener: () => void): unknown;
}

export function createUnderWay(): UnderWay {
  const active = new Set<AbortController>(); // bounded by the open streams
  const stopped = new AbortController();
  let count = 0;
  return {
    stopped: stopped.signal,
    signalOf(stream, isOver = () => false) {
      const ended = new AbortController();
      if (stream.destroyed) {
        ended.abort(closed);
        return ended.signal;
      }
      active.add(ended);
      stream.once('close', () => {
        active.delete(ended);
        if (!isOver()) ended.abort(closed);
      });
      return ended.signal;
    },
    abort() {
      stopped.abort(closed);
      for (const ended of active) ended.abort();
    },
    async during(answer) {
      count += 1;
      try {
        await answer();
      } finally {
        count -= 1;
      }
    },
    get count() {
      return count;
    },
  };
}
const closed = new Error('The request has ended'); // one for all: each would cost a stack trace
