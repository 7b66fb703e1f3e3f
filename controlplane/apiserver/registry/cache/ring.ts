import type { StoredObject } from './stored-object.ts';

/** One change of one resource, as watchers need it. */
export interface CacheEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** The object as it is now; of a deletion the last state, under the revision of the deletion. */
  readonly now: StoredObject;
  readonly before: StoredObject | undefined;
  readonly revision: number;
  readonly atMs: number;
}

/** The newest events of one resource, for watchers that start a little in the past. */
export interface Ring {
  add(event: CacheEvent): void;
  /** Events after `revision`; undefined if some of them are gone. */
  after(revision: number): readonly CacheEvent[] | undefined;
  /** Every event with a revision above this one is at hand. */
  readonly oldest: number;
  /** Forgets everything up to `revision`. */
  reset(revision: number): void;
}

export interface RingOptions {
  /** An event is kept for at least so long... */
  readonly keepMs: number;
  /** ...unless there are more than so many, or they hold more bytes than that. */
  readonly most: number;
  readonly mostBytes: number;
}

export function createRing({ keepMs, most, mostBytes }: RingOptions): Ring {
  let events: CacheEvent[] = [];
  let first = 0; // events before it are dropped; the array is cut now and then
  let bytes = 0;
  let oldest = 0;

  function dropFirst(): void {
    const event = events[first]!;
    bytes -= event.now.bytes.length;
    oldest = event.revision;
    first += 1;
  }

  function trim(nowMs: number): void {
    while (first < events.length) {
      const isOver = events.length - first > most || bytes > mostBytes;
      if (!isOver && events[first]!.atMs >= nowMs - keepMs) break;
      dropFirst();
    }
    if (first > 256 && first * 2 > events.length) {
      events = events.slice(first);
      first = 0;
    }
  }

  return {
    get oldest() {
      return oldest;
    },
    add(event) {
      events.push(event);
      bytes += event.now.bytes.length;
      trim(event.atMs);
    },
    after(revision) {
      if (revision < oldest) return undefined;
      let low = first;
      let high = events.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (events[middle]!.revision > revision) high = middle;
        else low = middle + 1;
      }
      return events.slice(low);
    },
    reset(revision) {
      events = [];
      first = 0;
      bytes = 0;
      oldest = revision;
    },
  };
}
