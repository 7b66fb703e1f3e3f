// What waits for one watcher: batches in, batches out, bounded. Knows no engine.
import { ReasonError } from '#lib/errors.ts';
import type { Changes } from './store.ts';

export interface Inbox extends AsyncIterable<Changes> {
  readonly prefix: string;
  put(changes: Changes): void;
  stop(): void;
  /** Ends the watch with `error`. */
  fail(error: unknown): void;
}

/** `maxWaiting`: events that may wait; at that bound the watch ends with Expired, and starts anew elsewhere. */
export function createInbox(prefix: string, maxWaiting: number, signal: AbortSignal, onStop: () => void): Inbox {
  let waiting: Changes['events'][number][] = [];
  let upTo: number | undefined;
  let isStopped = false;
  let failure: { readonly error: unknown } | undefined;
  let bell = Promise.withResolvers<void>();

  function stop(): void {
    isStopped = true;
    signal.removeEventListener('abort', stop);
    onStop();
    bell.resolve();
  }
  function fail(error: unknown): void {
    failure ??= { error };
    waiting = [];
    stop();
  }
  if (signal.aborted) isStopped = true;
  else signal.addEventListener('abort', stop, { once: true });

  return {
    prefix,
    stop,
    fail,
    put({ events, revision }) {
      if (isStopped) return;
      if (waiting.length + events.length > maxWaiting) {
        fail(new ReasonError('Expired', `Cannot keep up: more than ${maxWaiting} changes waited`));
        return;
      }
      for (const event of events) waiting.push(event);
      upTo = revision;
      bell.resolve();
    },
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          if (failure !== undefined) throw failure.error;
          if (isStopped) return;
          if (upTo === undefined) {
            bell = Promise.withResolvers();
            await bell.promise;
            continue;
          }
          const batch = { events: waiting, revision: upTo };
          waiting = [];
          upTo = undefined;
          yield batch;
        }
      } finally {
        stop();
      }
    },
  };
}
