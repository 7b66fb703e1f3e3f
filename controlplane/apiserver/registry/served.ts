// What the operations share: one resource in one version, and what all resources lean on.
import type { Shape } from '#lib/api/apply/shape.ts';
import type { ResourceFacts } from '#lib/api/facts.ts';
import type { KindRules } from '#lib/api/kinds/kind-rules.ts';
import type { ApiObject } from '#lib/api/kinds/object.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import type { TypeSchema } from '#lib/api/schema.ts';
import type { Named } from '#lib/api/status.ts';
import type { Step } from '#lib/api/structural/json-path.ts';
import type { Clock } from '#lib/clock.ts';
import type { Store } from '../../store/store.ts';
import type { Admission } from '../admission/admission.ts';
import type { Feed } from './cache/feed.ts';
import type { ResourceCache } from './cache/resource-cache.ts';
import type { StoredObject } from './cache/stored-object.ts';
import type { Turn } from './cache/turn.ts';
import type { WatchGroups } from './operations/watch-group.ts';
import type { CountList } from './present/list-metrics.ts';
import type { Pace } from './present/pace.ts';
import type { Urgent } from './present/urgent.ts';
import type { WatchMetrics } from './present/watch-metrics.ts';

/** One resource as one version of its group serves it. */
export interface Served {
  readonly facts: ResourceFacts;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  /** 'v1', 'apps/v1'. */
  readonly apiVersion: string;
  readonly isNamespaced: boolean;
  /** For messages: group and plural. */
  readonly named: Named;
  readonly type: TypeSchema;
  readonly rules: KindRules;
  readonly cache: ResourceCache;
  /** Present where objects are stored in another version. */
  readonly conversion?: Conversion;
  readonly hooks?: Hooks;
  /** All under which the same objects are served, this one among them. */
  siblings?(): readonly Served[];
  /** How fields merge and are owned, where the type does not say. */
  readonly shape?: Shape;
  /** Where a custom resource keeps what its scale shows. */
  readonly scalePaths?: ScalePaths;
  /** What whoever uses this version is told. */
  readonly warning?: string;
}

export interface ScalePaths {
  readonly specReplicas: readonly Step[];
  readonly statusReplicas: readonly Step[];
  /** Of a selector as text. */
  readonly labelSelector?: readonly Step[];
}

export interface Conversion {
  /** The type under which objects are stored. */
  readonly type: TypeSchema;
  toStored(object: ApiObject, signal: AbortSignal): ApiObject | Promise<ApiObject>;
  /** The object as it is served. */
  view(stored: StoredObject): KubeObject;
  /** Whether the bytes that are stored are those that are served. Absent: they never are. */
  isPlain?(stored: StoredObject): boolean;
  /** To be awaited before these are viewed. Present where somebody else has to be asked. */
  ready?(stored: readonly StoredObject[], signal: AbortSignal): Promise<void>;
}

/** What a kind takes from, and gives back to, the server around a write: addresses and ports of Services. */
export interface Hooks {
  /** Before validation; may fill the object in. @throws {StatusError} */
  begin(next: ApiObject, previous: KubeObject | undefined, isDryRun: boolean): Promise<Lease> | Lease;
}

export interface Lease {
  /** The write is over. */
  end(isStored: boolean): void;
}

export interface Core {
  readonly store: Store;
  readonly feed: Feed;
  readonly turn: Turn;
  readonly pace: Pace;
  /** Changes that are on their way to the disk. */
  readonly urgent: Urgent;
  readonly clock: Clock;
  readonly admission: Admission;
  readonly watches: WatchMetrics;
  readonly watchGroups: WatchGroups;
  readonly countList: CountList;
  newUid(): string;
  /** In [0, 1). */
  random(): number;
  served(group: string, plural: string): Served | undefined;
}

/** 'namespace/name', or 'name'. */
export function keyIn(served: Served, namespace: string | undefined, name: string): string {
  return served.isNamespaced ? `${namespace}/${name}` : name;
}

/** Whole seconds, as the API writes times. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, '');
}
