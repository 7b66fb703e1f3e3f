import type { StoredObject } from './stored-object.ts';

/**
 * What many do once all that happens just now has happened, and what they make for it: the first makes, the others share.
 *
 * A hundred watches that are told of three changes at once write once each, and every change is encoded once.
 */
export interface Turn {
  /** Runs `task`, which must not throw, when the work at hand is done, before anything else begins. */
  atEnd(task: () => void): void;
  /** What `make` gives for `stored` in one `shape`. At the end of a turn it is kept for whoever asks next in it. */
  shared(stored: StoredObject, shape: string, make: () => Uint8Array): Uint8Array;
}

export function createTurn(): Turn {
  let tasks: (() => void)[] = []; // one of each watch at most
  let made: Map<StoredObject, Map<string, Uint8Array>> | undefined;

  function end(): void {
    const now = tasks;
    tasks = [];
    made = new Map();
    for (const task of now) task();
    made = undefined;
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
  };
}
