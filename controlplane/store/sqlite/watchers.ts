// Who watches, and what waits for each: batches in, batches out, bounded. Knows no SQLite.
import { ReasonError } from '#lib/errors.ts';
import type { StoreEvent } from '../store.ts';

export interface Watchers {
  /** Hands events to all who watch their keys. */
  publish(events: readonly StoreEvent[]): void;
  /** Batches published from this call on, until `signal` is aborted or the watchers are closed. */
  follow(prefix: string, signal: AbortSignal): Follower;
  close(): void;
}

export interface Follower extends AsyncIterable<readonly StoreEvent[]> {
  stop(): void;
}

/** `maxWaiting`: events that may wait for one follower; at that bound it is ended with Expired and starts anew elsewhere. */
export function createWatchers(maxWaiting: number): Watchers {
  const inboxes = new Set<Inbox>();
  return {
    publish(events) {
      for (const inbox of inboxes) {
        const mine = inbox.prefix === '/' ? events : events.filter((event) => event.key.startsWith(inbox.prefix));
        if (mine.length > 0) inbox.put(mine);
      }
    },
    follow(prefix, signal) {
      const inbox = createInbox(prefix, maxWaiting, signal, () => inboxes.delete(inbox));
      inboxes.add(inbox);
      return inbox;
    },
    close() {
      for (const inbox of inboxes) inbox.stop();
    },
  };
}

interface Inbox extends Follower {
  readonly prefix: string;
  put(events: readonly StoreEvent[]): void;
}

function createInbox(prefix: string, maxWaiting: number, signal: AbortSignal, onStop: () => void): Inbox {
  let waiting: StoreEvent[] = [];
  let isStopped = false;
  let isOverrun = false;
  let bell = Promise.withResolvers<void>();

  function stop(): void {
    isStopped = true;
    signal.removeEventListener('abort', stop);
    onStop();
    bell.resolve();
  }
  if (signal.aborted) isStopped = true;
  else signal.addEventListener('abort', stop, { once: true });

  return {
    prefix,
    stop,
    put(events) {
      if (waiting.length + events.length > maxWaiting) {
        isOverrun = true;
        waiting = [];
        stop();
        return;
      }
      for (const event of events) waiting.push(event);
      bell.resolve();
    },
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          if (isOverrun) throw new ReasonError('Expired', `Cannot keep up: more than ${maxWaiting} changes waited`);
          if (isStopped) return;
          if (waiting.length === 0) {
            bell = Promise.withResolvers();
            await bell.promise;
            continue;
          }
          const batch = waiting;
          waiting = [];
          yield batch;
        }
      } finally {
        stop();
      }
    },
  };
}
