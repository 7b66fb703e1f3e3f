import type { Draft, KubeObject, List, Resource } from '#lib/api/resource.ts';
import type { DeleteOptions, Status } from '#lib/api/types/meta.v1.ts';

/**
 * Typed access to the API. Every call that the server refuses throws a `StatusError` with the server's Status.
 * What comes back is shared and read-only.
 */
export interface Client {
  get<T>(resource: Resource<T>, at: At, signal: AbortSignal, options?: GetOptions): Promise<T>;
  list<T>(resource: Resource<T>, options: ListOptions, signal: AbortSignal): Promise<List<T>>;
  create<T extends KubeObject>(
    resource: Resource<T>,
    object: Draft<T>,
    signal: AbortSignal,
    options?: WriteOptions & { readonly at?: At },
  ): Promise<T>;
  /** Replaces the object named in its metadata; its resourceVersion, if set, must be the stored one. */
  update<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    signal: AbortSignal,
    options?: WriteOptions,
  ): Promise<T>;
  patch<T>(resource: Resource<T>, at: At, patch: Patch, signal: AbortSignal, options?: WriteOptions): Promise<T>;
  delete<T>(resource: Resource<T>, at: At, signal: AbortSignal, options?: Partial<DeleteOptions>): Promise<T | Status>;
  deleteCollection<T>(
    resource: Resource<T>,
    options: ListOptions & { readonly delete?: Partial<DeleteOptions> },
    signal: AbortSignal,
  ): Promise<unknown>;
  /**
   * Events after `resourceVersion`, until `signal` is aborted or the server ends the watch (the iteration then just ends).
   * @throws {StatusError} Expired (410) if that version is no longer at hand: list again
   */
  watch<T>(resource: Resource<T>, options: WatchOptions, signal: AbortSignal): AsyncIterable<WatchEvent<T>>;
  /** Any request: its body read whole, parsed if it is JSON. */
  raw(method: string, path: string, signal: AbortSignal, body?: unknown): Promise<unknown>;
}

export interface At {
  /** Absent for cluster-scoped resources. */
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface GetOptions {
  readonly resourceVersion?: string;
  readonly subresource?: string;
}

export interface ListOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  /** Page size; the client follows `continue` by itself and returns all. */
  readonly limit?: number;
}

export interface WatchOptions extends ListOptions {
  readonly allowBookmarks?: boolean;
  readonly sendInitialEvents?: boolean;
  readonly timeoutSeconds?: number;
}

export interface WriteOptions {
  readonly subresource?: string;
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
}

export type Patch =
  | { readonly type: 'merge' | 'strategic'; readonly body: unknown }
  | { readonly type: 'json'; readonly body: readonly unknown[] }
  | { readonly type: 'apply'; readonly body: unknown; readonly fieldManager: string; readonly force?: boolean };

export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}
