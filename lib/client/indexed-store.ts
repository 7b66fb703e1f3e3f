/**
 * Objects by key, and by the values that each index finds in them. Keeps what it is given: no copies.
 * Values without objects are forgotten, hence it is bounded by the objects.
 */
export class IndexedStore<T> {
  readonly #objects = new Map<string, T>();
  readonly #indexes: ReadonlyMap<string, Index<T>>;

  constructor(indexes: Readonly<Record<string, (object: T) => readonly string[]>> = {}) {
    this.#indexes = new Map(Object.entries(indexes).map(([name, valuesOf]) => [name, { valuesOf, keys: new Map() }]));
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  keys(): Iterable<string> {
    return this.#objects.keys();
  }

  list(): Iterable<T> {
    return this.#objects.values();
  }

  /** @throws {TypeError} if there is no index of that name: a mistake in the program */
  byIndex(name: string, value: string): readonly T[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new TypeError(`Cannot look up by the index ${name} as there is none of that name`);
    const keys = index.keys.get(value);
    return keys === undefined ? [] : Array.from(keys, (key) => this.#objects.get(key)!);
  }

  /** Keeps `object`, or forgets the key if it is undefined. Returns what was there before. */
  put(key: string, object: T | undefined): T | undefined {
    const before = this.#objects.get(key);
    for (const { valuesOf, keys } of this.#indexes.values()) {
      const old = before === undefined ? [] : valuesOf(before);
      const now = object === undefined ? [] : valuesOf(object);
      for (const value of old) if (!now.includes(value)) drop(keys, value, key);
      for (const value of now) if (!old.includes(value)) keep(keys, value, key);
    }
    if (object === undefined) this.#objects.delete(key);
    else this.#objects.set(key, object);
    return before;
  }
}

interface Index<T> {
  readonly valuesOf: (object: T) => readonly string[];
  readonly keys: Map<string, Set<string>>;
}

function keep(keys: Map<string, Set<string>>, value: string, key: string): void {
  const set = keys.get(value);
  if (set === undefined) keys.set(value, new Set([key]));
  else set.add(key);
}

function drop(keys: Map<string, Set<string>>, value: string, key: string): void {
  const set = keys.get(value);
  set?.delete(key);
  if (set?.size === 0) keys.delete(value);
}
