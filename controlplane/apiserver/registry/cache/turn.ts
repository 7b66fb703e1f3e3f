import type { CacheEvent } from './ring.ts';
import type { StoredObject } from './stored-object.ts';

/**
 * What many do once all that happens just now has happened, and what they make for it: the first makes, the others share.
 *
 * A hundred watches that are told of three changes at once write once each, and every change is encoded once. They go one
 * connection after the other: what is written is sent between two turns of the event loop, so that a client has the first
 * while the others are still told.
 */
export interface Turn {
  /**
   * Runs `task`, which must not throw, when the work at hand is done: together with others of the same `connection`; those of
   * none, which nobody outside waits for, come last. It gives how many were told something.
   */
  atEnd(task: Task, connection?: object): void;
  /** What `make` gives for `stored` in one `shape`. At the end of a turn it is kept for whoever asks next in it. */
  shared(stored: StoredObject, shape: string, make: () => Uint8Array): Uint8Array;
  /**
   * What one event is to an `audience`, who all see the same objects in the same form; undefined: nothing. At the end of a turn
   * it is kept for whoever asks next in it.
   */
  told(
    event: CacheEvent,
    audience: string,
    make: (event: CacheEvent) => Uint8Array | undefined,
  ): Uint8Array | undefined;
  /** The pieces as one. At the end of a turn it is kept for who has the same pieces. */
  joined(pieces: readonly Uint8Array[]): Uint8Array;
}

type Task = () => number;
type Tasks = Task[]; // one of each watch at most

/** What the tasks of one turn have in common. */
interface Common {
  readonly made: Map<StoredObject, Map<string, Uint8Array>>;
  readonly told: Map<CacheEvent, Map<string, { readonly frame: Uint8Array | undefined }>>;
  readonly joins: Map<Uint8Array, Join[]>;
}

export function createTurn(): Turn {
  let waiting = new Map<object | undefined, Tasks>();
  let isPlanned = false;
  let common: Common | undefined; // while tasks run

  function end(): void {
    const inside = waiting.get(undefined);
    waiting.delete(undefined);
    const due = [...waiting.values(), ...(inside === undefined ? [] : [inside])];
    waiting = new Map();
    goOn(due, 0, { made: new Map(), told: new Map(), joins: new Map() });
  }

  function goOn(due: readonly Tasks[], from: number, own: Common): void {
    common = own;
    let at = from;
    for (let told = 0; at < due.length && told < toldAtOnce; at++) {
      for (const task of due[at]!) told += task();
    }
    common = undefined;
    if (at < due.length) {
      setImmediate(goOn, due, at, own);
      return;
    }
    isPlanned = waiting.size > 0;
    if (isPlanned) queueMicrotask(end);
  }

  return {
    atEnd(task, connection) {
      const others = waiting.get(connection);
      if (others === undefined) waiting.set(connection, [task]);
      else others.push(task);
      if (isPlanned) return;
      isPlanned = true;
      queueMicrotask(end);
    },
    shared(stored, shape, make) {
      if (common === undefined) return make();
      let shapes = common.made.get(stored);
      if (shapes === undefined) common.made.set(stored, (shapes = new Map()));
      const known = shapes.get(shape);
      if (known !== undefined) return known;
      const bytes = make();
      shapes.set(shape, bytes);
      return bytes;
    },
    told(event, audience, make) {
      if (common === undefined) return make(event);
      let frames = common.told.get(event);
      if (frames === undefined) common.told.set(event, (frames = new Map()));
      const known = frames.get(audience);
      if (known !== undefined) return known.frame;
      const frame = make(event);
      frames.set(audience, { frame });
      return frame;
    },
    joined(pieces) {
      const first = pieces[0]!;
      if (pieces.length === 1) return first;
      if (common === undefined) return Buffer.concat(pieces);
      const { joins } = common;
      let known = joins.get(first);
      if (known === undefined) joins.set(first, (known = []));
      const same = known.find((join) => isSame(join.pieces, pieces));
      if (same !== undefined) return same.bytes;
      const join = { pieces, bytes: Buffer.concat(pieces) };
      if (known.length < mostJoins) known.push(join);
      return join.bytes;
    },
  };
}
/** After so many, what they wrote goes out before the next: a client of many watches costs one turn of the loop. */
const toldAtOnce = 40;
/** That begin with the same piece. Who comes late with yet others makes them for itself. */
const mostJoins = 8;

interface Join {
  readonly pieces: readonly Uint8Array[];
  readonly bytes: Uint8Array;
}

function isSame(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((piece, i) => piece === b[i]);
}
