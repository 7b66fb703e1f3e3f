import type { Entry, StoreEvent } from '../../../store/store.ts';
import { type About, createListeners } from './listeners.ts';
import { type CacheEvent, createRing } from './ring.ts';
import { asServed } from './splice.ts';
import { type Parse, StoredObject } from './stored-object.ts';

/** All objects of one stored resource, in key order, with the latest changes. Fed by feed.ts, and by nobody else. */
export interface ResourceCache {
  /** What precedes an object's key in the store: `/registry/pods/`. */
  readonly prefix: string;
  /** Reads the bytes of an object. */
  readonly parse: Parse;
  get(key: string): StoredObject | undefined;
  /** What has been written, as the cache will hold it once it is told of that: made once for both. */
  written(key: string, revision: number, value: Uint8Array, labels?: Readonly<Record<string, string>>): StoredObject;
  /** Objects whose key starts with `keyPrefix` ('' for all, 'default/' for one namespace), in key order. */
  select(keyPrefix: string): readonly StoredObject[];
  /** How many there are under `keyPrefix`. */
  count(keyPrefix: string): number;
  /** The revision of the newest change: what was there at that revision or later is what is here now. */
  readonly lastChange: number;
  /** Changes after `revision`, or undefined if they are no longer at hand. */
  eventsAfter(revision: number): readonly CacheEvent[] | undefined;
  /** Changes after this revision are at hand. */
  readonly oldestRevision: number;
  /** Calls `listener` after each change, in order; only after those that `about` tells of, if there is one. Returns how to stop. */
  onEvent(listener: (event: CacheEvent) => void, about?: About): () => void;
}

export interface FedCache extends ResourceCache {
  apply(event: StoreEvent, atMs: number): void;
  /** Makes the cache stand as `entries` (in key order) say, with an event for whatever is different. */
  replace(entries: readonly Entry[], revision: number, atMs: number): void;
}

export function createResourceCache(prefix: string, parse: Parse, ring = createRing(ringBounds)): FedCache {
  const objects = new Map<string, StoredObject>();
  const keys: string[] = []; // sorted
  const fresh = new WeakMap<Uint8Array, StoredObject>();
  let lastChange = 0;
  const listeners = createListeners();

  function put(key: string, object: StoredObject): void {
    if (!objects.has(key)) {
      if (keys.length === 0 || keys.at(-1)! < key) keys.push(key);
      else keys.splice(lowerBound(keys, key), 0, key);
    }
    objects.set(key, object);
  }

  function remove(key: string): void {
    if (objects.delete(key)) keys.splice(lowerBound(keys, key), 1);
  }

  function tell(event: CacheEvent): void {
    lastChange = event.revision;
    ring.add(event);
    listeners.tell(event);
  }

  function apply({ type, key: fullKey, value, revision }: StoreEvent, atMs: number): void {
    const key = fullKey.slice(prefix.length);
    const before = objects.get(key);
    const made = fresh.get(value);
    const now = made?.revision === revision ? made : new StoredObject(key, revision, asServed(value, revision), parse);
    if (type === 'delete') {
      remove(key);
      tell({ type: 'DELETED', now, before, revision, atMs });
    } else {
      put(key, now);
      tell({ type: before === undefined ? 'ADDED' : 'MODIFIED', now, before, revision, atMs });
    }
  }

  function replace(entries: readonly Entry[], revision: number, atMs: number): void {
    const isFirst = objects.size === 0;
    const there = new Set(entries.map(({ key }) => key.slice(prefix.length)));
    const changed = entries.filter((entry) => objects.get(entry.key.slice(prefix.length))?.revision !== entry.revision);
    const gone = keys.filter((key) => !there.has(key)).map((key) => objects.get(key)!);
    for (const entry of changed.toSorted((a, b) => a.revision - b.revision)) apply({ type: 'put', ...entry }, atMs);
    for (const object of gone) {
      apply({ type: 'delete', key: prefix + object.key, value: withoutVersion(object), revision }, atMs);
    }
    if (isFirst) ring.reset(revision);
    lastChange = revision;
  }

  return {
    prefix,
    parse,
    get: (key) => objects.get(key),
    written(key, revision, value, labels) {
      const stored = new StoredObject(key, revision, asServed(value, revision), parse, labels);
      fresh.set(value, stored);
      return stored;
    },
    select(keyPrefix) {
      const [from, to] = bounds(keys, keyPrefix);
      const selected: StoredObject[] = new Array(to - from);
      for (let i = from; i < to; i++) selected[i - from] = objects.get(keys[i]!)!;
      return selected;
    },
    count(keyPrefix) {
      const [from, to] = bounds(keys, keyPrefix);
      return to - from;
    },
    get lastChange() {
      return lastChange;
    },
    eventsAfter: (revision) => ring.after(revision),
    get oldestRevision() {
      return ring.oldest;
    },
    onEvent: listeners.add,
    apply,
    replace,
  };
}
/** Watches resume within a minute or so; what is older than that starts with a list. */
const ringBounds = { keepMs: 180_000, most: 20_000, mostBytes: 16 * 1024 * 1024 };

function withoutVersion({ bytes, revision }: StoredObject): Buffer {
  const text = `"resourceVersion":"${revision}"`;
  const at = bytes.indexOf(text);
  const isFollowed = bytes[at + text.length] === 0x2c;
  const from = !isFollowed && bytes[at - 1] === 0x2c ? at - 1 : at;
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(at + text.length + (isFollowed ? 1 : 0))]);
}

function bounds(keys: readonly string[], keyPrefix: string): readonly [number, number] {
  if (keyPrefix === '') return [0, keys.length];
  const end = keyPrefix.slice(0, -1) + String.fromCharCode(keyPrefix.charCodeAt(keyPrefix.length - 1) + 1);
  return [lowerBound(keys, keyPrefix), lowerBound(keys, end)];
}

/** The first index whose key is not below `key`. Keys are ASCII: code units and bytes are in the same order. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
