import type { Objects } from './nftables/objects.ts';

/**
 * The objects that ought to be, put together from what many want, and which of them may have changed.
 * Several may want the same one; where they differ (two Services with one external address) the first one has it.
 */
export class ObjectSet {
  readonly #wishes = new Map<string, Wish | Map<string, string>>(); // object > who wants it > its text; mostly it is one
  readonly #contributions = new Map<string, Objects>();
  #dirty = new Set<string>();

  /** Replaces what `key` wants; undefined: nothing any more. */
  put(key: string, now: Objects = nothing): void {
    const before = this.#contributions.get(key) ?? nothing;
    for (const id of before.keys()) {
      if (now.has(id)) continue;
      const wishes = this.#wishes.get(id);
      if (wishes instanceof Map) wishes.delete(key);
      if (!(wishes instanceof Map) || wishes.size === 0) this.#wishes.delete(id);
      this.#dirty.add(id);
    }
    for (const [id, text] of now) {
      if (before.get(id) === text) continue;
      const wishes = this.#wishes.get(id);
      if (wishes instanceof Map) wishes.set(key, text);
      else if (wishes === undefined || wishes.key === key) this.#wishes.set(id, { key, text });
      else this.#wishes.set(id, new Map([[wishes.key, wishes.text]]).set(key, text));
      this.#dirty.add(id);
    }
    if (now.size === 0) this.#contributions.delete(key);
    else this.#contributions.set(key, now);
  }

  textOf(id: string): string | undefined {
    const wishes = this.#wishes.get(id);
    return wishes instanceof Map ? wishes.values().next().value : wishes?.text;
  }

  ids(): Iterable<string> {
    return this.#wishes.keys();
  }

  /** The objects that may have changed since the last call. */
  takeDirty(): ReadonlySet<string> {
    const dirty = this.#dirty;
    this.#dirty = new Set();
    return dirty;
  }
}

interface Wish {
  readonly key: string;
  readonly text: string;
}

const nothing: Objects = new Map();
