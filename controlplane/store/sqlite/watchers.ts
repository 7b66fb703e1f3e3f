// Who watches, and what is handed to each. Knows no SQLite.
import { createInbox, type Inbox } from '../inbox.ts';
import type { Changes, StoreEvent } from '../store.ts';

export interface Watchers {
  /** Hands events to all who watch their keys. */
  publish(events: readonly StoreEvent[]): void;
  /** Batches published from this call on, until `signal` is aborted or the watchers are closed. */
  follow(prefix: string, signal: AbortSignal): Follower;
  close(): void;
}

export interface Follower extends AsyncIterable<Changes> {
  stop(): void;
}

/** `maxWaiting`: events that may wait for one follower; at that bound it is ended with Expired and starts anew elsewhere. */
export function createWatchers(maxWaiting: number): Watchers {
  const inboxes = new Set<Inbox>();
  return {
    publish(events) {
      for (const inbox of inboxes) {
        const mine = inbox.prefix === '/' ? events : events.filter((event) => event.key.startsWith(inbox.prefix));
        if (mine.length > 0) inbox.put({ events: mine, revision: mine.at(-1)!.revision });
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
