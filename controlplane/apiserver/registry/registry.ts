// What the HTTP layer and the registry agree on: a resource request after routing, authentication, authorization and
// content negotiation on the one side, its answer on the other. Nothing here knows HTTP/2, TLS or who may do what.

import type { ResourceFacts } from '#lib/api/facts.ts';
import type { KubeObject, Resource } from '#lib/api/resource.ts';
import type { Admission } from '../admission/admission.ts';
import type { ApiResponse, UserInfo } from '../exchange.ts';
import type { ResourceCache } from './cache/resource-cache.ts';
import type { Parse } from './cache/stored-object.ts';
import type { Warnings } from './respond.ts';
import type { Served } from './served.ts';

/** Every stored resource of the API. */
export interface Registry {
  /** Undefined for what is not stored here (reviews, unknown resources): the HTTP layer answers those. */
  resource(group: string, version: string, plural: string): ResourceStore | undefined;
  readonly resources: Iterable<ResourceStore>;
  /** The server's own view of a resource, for authorization, admission and the like: parsed on demand, never a copy. */
  reader<T extends KubeObject>(resource: Resource<T>): CacheReader<T>;
  /** What every write passes, for what is not stored here. */
  readonly admission: Admission;
  /** Resources that come and go while the server runs. */
  readonly extensions: Extensions;
  /** Settles when every cache holds what the store holds. */
  readonly ready: Promise<void>;
  /** Feeds the caches and compacts the store until `signal` is aborted. */
  run(signal: AbortSignal): Promise<void>;
}

export interface Extensions {
  /** A cache of what is stored under `prefix`, fed from when this settles until it is closed. After `ready`. */
  open(prefix: string, parse: Parse, signal: AbortSignal): Promise<ResourceCache>;
  close(cache: ResourceCache): void;
  /** Serves these, and no others, under `name`; none: the name is gone. Watches of what was served before end. */
  serve(name: string, served: readonly Served[]): void;
  /** All that are served, as discovery shows them. */
  readonly resources: readonly ResourceFacts[];
  /** Grows with each change of what is served. */
  readonly generation: number;
}

/** One resource of one version. */
export interface ResourceStore {
  readonly facts: ResourceFacts;
  /** Subresources answered by `serve`; others (log, exec, token, proxy...) belong to the HTTP layer. */
  readonly subresources: readonly string[];
  /** Set where objects have no protobuf message. */
  readonly isJsonOnly?: boolean;
  /** How many objects there are; absent where none are kept. */
  count?(): number;
  /**
   * Does what an authorized request asks for.
   * @throws {StatusError} with upstream's reason, message and details: the HTTP layer writes it in the negotiated form
   */
  serve(call: ResourceCall): Promise<ApiResponse>;
}

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

export interface ResourceCall {
  readonly verb: Verb;
  readonly user: UserInfo;
  /** From the path; absent for cluster-scoped resources and for lists of all namespaces. */
  readonly namespace?: string | undefined;
  /** From the path; absent for create, list, watch and deletecollection of a collection. */
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
  /** As it came: selectors, resourceVersion, dryRun, fieldManager and so on are read and checked here. */
  readonly query: URLSearchParams;
  /**
   * Whole and already bounded by the HTTP layer (3 MB); JSON where the client sent YAML (but apply patches stay as sent).
   * Empty for reads, and for a delete without options.
   */
  readonly body: Uint8Array;
  /**
   * Media type of `body` in lower case without parameters: `application/json`, `application/vnd.kubernetes.protobuf`,
   * or for patches `application/json-patch+json`, `application/merge-patch+json`,
   * `application/strategic-merge-patch+json`, `application/apply-patch+yaml`.
   */
  readonly contentType: string;
  /** What is said of keys that stood twice in a map of the YAML that `body` was. */
  readonly repeatedKeys?: readonly string[] | undefined;
  readonly form: Form;
  /** `User-Agent`: the field manager where none is given is its part before the first slash. */
  readonly userAgent?: string | undefined;
  /** Aborted when the client went away or the server stops: ends watches. */
  readonly signal: AbortSignal;
}

/** One that is being answered: whoever has something to say of it adds it. */
export interface WarnedCall extends ResourceCall {
  readonly warnings: Warnings;
}

/** What the client accepts, negotiated from `Accept`. YAML is JSON turned around by the HTTP layer afterwards. */
export interface Form {
  readonly encoding: 'json' | 'protobuf';
  /** `as=Table` is `table`; `as=PartialObjectMetadata` or `...List` is `metadata`. */
  readonly as: 'object' | 'table' | 'metadata';
  /** Version of meta.k8s.io in which a Table or PartialObjectMetadata is wanted. */
  readonly metaVersion: 'v1' | 'v1beta1';
}

/** Objects as the newest committed change left them. Shared: never to be changed. */
export interface CacheReader<T> {
  /** Key: 'namespace/name', or 'name' for cluster-scoped ones. */
  get(key: string): T | undefined;
  /** In key order; of one namespace if it is given. */
  list(namespace?: string): readonly T[];
  /** Calls `listener` after each change. Returns how to stop. */
  onChange(listener: (now: T | undefined, before: T | undefined, key: string) => void): () => void;
}
