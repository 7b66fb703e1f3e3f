import { type KubeObject, keyOf, type Resource } from '#lib/api/resource.ts';
import { backoffMs } from '#lib/backoff.ts';
import type { Clock } from '#lib/clock.ts';
import { hasReason } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import type { Client, WatchEvent } from './client.ts';
import { IndexedStore } from './indexed-store.ts';

/**
 * A local, always newer copy of a list: lists once, then watches; lists again only when the server forgot the version.
 * Objects are shared: never change them.
 */
export interface Informer<T extends KubeObject> extends Reader<T> {
  /** Calls `listener` on each change from now on, with `undefined` for what was not there or no longer is; also once for each object that is there. Returns how to stop. */
  onChange(listener: Listener<T>): () => void;
  /** Settles with the first full list. */
  readonly synced: Promise<void>;
  /** Lists and watches until `signal` is aborted; errors are logged and retried with back-off. */
  run(signal: AbortSignal): Promise<void>;
}

/** What a planner needs of an informer. */
export interface Reader<T> {
  /** Key: 'namespace/name', or 'name' for cluster-scoped ones. */
  get(key: string): T | undefined;
  list(): Iterable<T>;
  /** Objects with `value` in the index `name` given at construction. */
  byIndex(name: string, value: string): readonly T[];
}

export type Listener<T> = (now: T | undefined, before: T | undefined, key: string) => void;

export interface InformerOptions<T extends KubeObject> {
  readonly client: Client;
  readonly resource: Resource<T>;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Values under which an object is found by `byIndex`. */
  readonly indexes?: Readonly<Record<string, (object: T) => readonly string[]>>;
  /** Asks the server for metadata alone; one that cannot leave the rest out sends whole objects. */
  readonly metadataOnly?: boolean;
  /** What is kept of an object; by default all but managedFields, which nobody reads and which are as large as the rest. */
  readonly transform?: (object: T) => T;
  readonly clock: Clock;
  readonly log: Log;
}

/** An informer that is empty until it runs. */
export function createInformer<T extends KubeObject>(options: InformerOptions<T>): Informer<T> {
  const {
    client,
    resource,
    namespace,
    labelSelector,
    fieldSelector,
    clock,
    transform = withoutManagedFields,
  } = options;
  const log = options.log.with({ resource: resource.plural });
  const store = new IndexedStore<T>(options.indexes);
  const listeners = new Set<Listener<T>>();
  const first = Promise.withResolvers<void>();
  const scope = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    ...(options.metadataOnly === undefined ? {} : { metadataOnly: options.metadataOnly }),
  };
  let version: string | undefined; // of the newest change seen; undefined: list before watching
  let hasListed = false;

  function put(key: string, object: T | undefined): void {
    const known = store.get(key);
    // Another object under the same name, its deletion unseen: two changes, so that no listener takes one for the other.
    if (object !== undefined && known !== undefined && known.metadata.uid !== object.metadata.uid) put(key, undefined);
    const before = store.put(key, object);
    if (object === undefined && before === undefined) return;
    for (const listener of listeners) tell(listener, object, before, key);
  }

  function tell(listener: Listener<T>, now: T | undefined, before: T | undefined, key: string): void {
    try {
      listener(now, before, key);
    } catch (error) {
      log.error('Listener failed', { key, err: error });
    }
  }

  async function list(signal: AbortSignal): Promise<void> {
    // The first list may come from the server's cache; a later one is there because that version was too old.
    const options = hasListed ? scope : { ...scope, resourceVersion: '0' };
    const { items, metadata } = await client.list(resource, options, signal);
    const gone = new Set(store.keys());
    for (const item of items) {
      const key = keyOf(item);
      gone.delete(key);
      if (store.get(key)?.metadata.resourceVersion !== item.metadata.resourceVersion) put(key, transform(item));
    }
    for (const key of gone) put(key, undefined);
    version = metadata.resourceVersion;
    hasListed = true;
    first.resolve();
  }

  async function watch(signal: AbortSignal): Promise<number> {
    // Watches end by themselves at different times, so that many informers do not come back at once. Rule: client-go's reflector.
    const timeoutSeconds = 300 + (clock.now() % 300);
    const options = { ...scope, resourceVersion: version!, allowBookmarks: true, timeoutSeconds };
    let events = 0;
    for await (const event of client.watch(resource, options, signal)) {
      take(event);
      events++;
    }
    return events;
  }

  function take({ type, object }: WatchEvent<T>): void {
    if (type === 'DELETED') put(keyOf(object), undefined);
    else if (type !== 'BOOKMARK') put(keyOf(object), transform(object));
    version = object.metadata.resourceVersion;
  }

  async function attempt(signal: AbortSignal): Promise<number> {
    if (version === undefined) await list(signal);
    return await watch(signal);
  }

  async function run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const startMs = clock.now();
      try {
        const events = await attempt(signal);
        // An end without an event soon after the start is a failure, too: else this would turn without a pause.
        failures = events > 0 || clock.now() - startMs > shortMs ? 0 : failures + 1;
      } catch (error) {
        if (signal.aborted) return;
        const isExpired = version !== undefined && hasReason(error, 'Expired', 'Gone');
        if (isExpired) version = undefined;
        failures = clock.now() - startMs > shortMs ? 1 : failures + 1;
        log[isExpired ? 'info' : 'warn'](isExpired ? 'Listed again as the version expired' : 'Lost the watch', {
          err: error,
        });
        if (isExpired && failures === 1) continue;
      }
      if (failures > 0)
        await clock.sleep(backoffMs(failures, { firstMs: 20, mostMs: 5_000, jitter: 0.5 }), signal).catch(() => {});
    }
  }

  return {
    get: (key) => store.get(key),
    list: () => store.list(),
    byIndex: (name, value) => store.byIndex(name, value),
    onChange(listener) {
      listeners.add(listener);
      for (const object of store.list()) tell(listener, object, undefined, keyOf(object));
      return () => void listeners.delete(listener);
    },
    synced: first.promise,
    run,
  };
}
const shortMs = 1_000;

function withoutManagedFields<T extends KubeObject>(object: T): T {
  // Fresh from the decoder and not yet shared: the one place where an object may be changed.
  delete (object.metadata as { managedFields?: unknown }).managedFields;
  return object;
}
