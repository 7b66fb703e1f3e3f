import type { KubeObject, Resource } from '#lib/api/resource.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Client } from './client.ts';

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
  readonly clock: Clock;
  readonly log: Log;
}
