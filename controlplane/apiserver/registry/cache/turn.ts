import type { StoredObject } from './stored-object.ts';

/**
 * What many do once all that happens just now has happened, and what they make for it: the first makes, the others share.
 *
 * A hundred watches that are told of three changes at once write once each, and every change is encoded once.
 */
export interface Turn {
  /** Runs `task`, which must not throw, when the work at hand is done. */
  atEnd(task: () => void): void;
  /** What `make` gives for `stored` in one `shape`. At the end of a turn it is kept for whoever asks next in it. */
  shared(stored: StoredObject, shape: string, make: () => Uint8Array): Uint8Array;
  /** The pieces as one. At the end of a turn it is kept for who has the same pieces. */
  joined(pieces: readonly Uint8Array[]): Uint8Array;
}

export function createTurn(): Turn {
  let tasks: (() => void)[] = []; // one of each watch at most
  let made: Map<StoredObject, Map<string, Uint8Array>> | undefined;
  let joins: Map<Uint8Array, Join[]> | undefined;

  function end(): void {
    const now = tasks;
    tasks = [];
    made = new Map();
    joins = new Map();
    for (const task of now) task();
    made = undefined;
    joins = undefined;
  }

  return {
    atEnd(task) {
      if (tasks.push(task) === 1) queueMicrotask(end);
    },
    shared(stored, shape, make) {
      if (made === undefined) return make();
      let shapes = made.get(stored);
      if (shapes === undefined) made.set(stored, (shapes = new Map()));
      const known = shapes.get(shape);
      if (known !== undefined) return known;
      const bytes = make();
      shapes.set(shape, bytes);
      return bytes;
    },
    joined(pieces) {
      const first = pieces[0]!;
      if (pieces.length === 1) return first;
      if (joins === undefined) return Buffer.concat(pieces);
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
/** That begin with the same piece. Who comes late with yet others makes them for itself. */
const mostJoins = 8;

interface Join {
  readonly pieces: readonly Uint8Array[];
  readonly bytes: Uint8Array;
}

function isSame(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((piece, i) => piece === b[i]);
}
