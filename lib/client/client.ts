import { apiVersionOf, type Draft, type KubeObject, type List, type Resource } from '#lib/api/resource.ts';
import { failure } from '#lib/api/status.ts';
import type { DeleteOptions, Status } from '#lib/api/types/meta.v1.ts';
import { hasReason } from '#lib/errors.ts';
import { readLines, readText } from './body.ts';
import { listQuery, pathOf, renderQuery, watchQuery, writeQuery } from './paths.ts';
import { refusalOf } from './refusal.ts';
import type { Transport, TransportResponse } from './transport.ts';

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
  /** Asks for PartialObjectMetadata instead of whole objects. */
  readonly metadataOnly?: boolean;
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

export interface ClientOptions {
  /** What the server writes to its logs and, if no `fieldManager` is given, to managedFields. */
  readonly userAgent?: string;
}

/** A client that speaks JSON over `transport`. */
export function createClient(transport: Transport, { userAgent = 'skiff' }: ClientOptions = {}): Client {
  const client: Client = {
    get: (resource, at, signal, { subresource, resourceVersion } = {}) =>
      call(
        { method: 'GET', path: pathOf(resource, { ...at, subresource }) + renderQuery({ resourceVersion }) },
        signal,
      ),
    list: (resource, options, signal) => listAll(resource, options, signal),
    create(resource, object, signal, { at, subresource, ...options } = {}) {
      const namespace = at?.namespace ?? object.metadata.namespace;
      const name = subresource === undefined ? undefined : (at?.name ?? object.metadata.name);
      const path = pathOf(resource, { namespace, name, subresource }) + renderQuery(writeQuery(options));
      // A subresource's body may be of another kind (Binding, Eviction): it then says so itself.
      const body = { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object };
      return call({ method: 'POST', path, body: JSON.stringify(body) }, signal);
    },
    update(resource, object, signal, { subresource, ...options } = {}) {
      const { namespace, name } = object.metadata;
      const path = pathOf(resource, { namespace, name, subresource }) + renderQuery(writeQuery(options));
      const body = { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object };
      return call({ method: 'PUT', path, body: JSON.stringify(body) }, signal);
    },
    patch(resource, at, patch, signal, { subresource, ...options } = {}) {
      const query = patch.type === 'apply' ? { fieldManager: patch.fieldManager, force: patch.force } : {};
      const path = pathOf(resource, { ...at, subresource }) + renderQuery({ ...writeQuery(options), ...query });
      const contentType = patchTypes[patch.type];
      return call({ method: 'PATCH', path, body: JSON.stringify(patch.body), contentType }, signal);
    },
    delete: (resource, at, signal, options) =>
      call({ method: 'DELETE', path: pathOf(resource, at), body: deleteBody(options) }, signal),
    deleteCollection(resource, { namespace, delete: options, ...list }, signal) {
      const path = pathOf(resource, { namespace }) + renderQuery(listQuery(list));
      return call({ method: 'DELETE', path, body: deleteBody(options) }, signal);
    },
    watch: watchAll,
    async raw(method, path, signal, body) {
      const json = body === undefined ? undefined : JSON.stringify(body);
      const response = await send({ method, path, body: json }, signal);
      const text = await readText(response.body);
      return response.headers['content-type']?.includes('json') ? JSON.parse(text) : text;
    },
  };
  return client;

  async function listAll<T>(resource: Resource<T>, options: ListOptions, signal: AbortSignal): Promise<List<T>> {
    const path = pathOf(resource, { namespace: options.namespace });
    const page = (options: ListOptions, next?: string) => {
      const accept = options.metadataOnly ? metadataList : undefined;
      return call<List<T>>({ method: 'GET', path: path + renderQuery(listQuery(options, next)), accept }, signal);
    };
    let list = await page(options);
    if (!list.metadata.continue) return list.items ? list : { ...list, items: [] }; // Go writes null for an empty list
    const items = [...list.items];
    while (list.metadata.continue) {
      try {
        list = await page(options, list.metadata.continue);
      } catch (error) {
        if (!hasReason(error, 'Expired')) throw error;
        const { limit: _, ...whole } = options; // too slow for pages: all at once is the rule's way out
        return await page(whole);
      }
      items.push(...list.items);
    }
    return { ...list, items };
  }

  async function* watchAll<T>(
    resource: Resource<T>,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>> {
    const path = pathOf(resource, { namespace: options.namespace }) + renderQuery(watchQuery(options));
    const response = await send({ method: 'GET', path, accept: options.metadataOnly ? metadata : undefined }, signal);
    for await (const line of readLines(response.body)) {
      if (line === '') continue;
      const event = JSON.parse(line) as WatchEvent<T> | { readonly type: 'ERROR'; readonly object: Status };
      if (event.type === 'ERROR') throw refusalOf(event.object.code ?? 500, event.object);
      yield event;
    }
  }

  async function call<T>(request: Call, signal: AbortSignal): Promise<T> {
    const response = await send(request, signal);
    const text = await readText(response.body);
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      throw failure('InternalError', `Cannot parse the answer to ${request.method} ${request.path}: ${String(error)}`);
    }
  }

  /** Settles with a good answer. @throws {StatusError} what the server said else */
  async function send(
    { method, path, body, contentType, accept }: Call,
    signal: AbortSignal,
  ): Promise<TransportResponse> {
    const headers = {
      accept: accept ?? 'application/json',
      'user-agent': userAgent,
      ...(body === undefined ? {} : { 'content-type': contentType ?? 'application/json' }),
    };
    const request = { method, path, headers, ...(body === undefined ? {} : { body }) };
    const response = await transport.request(request, signal);
    if (response.status < 300) return response;
    throw refusalOf(response.status, await readText(response.body));
  }
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: string | undefined;
  readonly contentType?: string;
  readonly accept?: string | undefined;
}

// Whole objects are taken, too, from a server that cannot leave anything out.
const metadata = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';
const metadataList = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

const patchTypes: Readonly<Record<Patch['type'], string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml', // JSON is YAML
};

function deleteBody(options: Partial<DeleteOptions> | undefined): string | undefined {
  if (options === undefined) return undefined;
  return JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', ...options });
}
