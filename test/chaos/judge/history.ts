// What watchers heard, put in the order in which the API did it. The rules go over it step by step; nothing here waits.
import type { KubeObject } from '#lib/api/resource.ts';
import type { ControllerRevision, Deployment, ReplicaSet, StatefulSet } from '#lib/api/types/apps.v1.ts';
import type { Job } from '#lib/api/types/batch.v1.ts';
import type { Node, Pod } from '#lib/api/types/core.v1.ts';

export interface Kinds {
  readonly pods: Pod;
  readonly nodes: Node;
  readonly deployments: Deployment;
  readonly replicaSets: ReplicaSet;
  readonly statefulSets: StatefulSet;
  readonly controllerRevisions: ControllerRevision;
  readonly jobs: Job;
}
export type KindName = keyof Kinds;

/** One event of a watch, or a list of all that is there: what was before and is not in it has gone unseen. */
export interface Observation {
  readonly kind: KindName;
  readonly type: 'list' | 'put' | 'gone';
  readonly revision: number;
  readonly objects: readonly KubeObject[];
  /** When it was heard: later than it was, by as much as the watch was behind. */
  readonly atMs: number;
}

/** An object under one uid: another uid of the same name is another object, which came, whatever the watch called it. */
export interface Change {
  readonly kind: KindName;
  readonly before: KubeObject | undefined;
  readonly now: KubeObject | undefined;
}

/** All that became known at one revision. */
export interface Step {
  readonly revision: number;
  readonly changes: readonly Change[];
  /** The watch was broken before: in which order all this came about is unknown. */
  readonly isGap: boolean;
  /** It happened not before, and not after: servers stamp what they make, and nobody hears what is still to come. */
  readonly earliestMs: number;
  readonly latestMs: number;
}

/** What is there after a step, by uid. */
export type World = { readonly [K in KindName]: ReadonlyMap<string, Kinds[K]> };

export interface Broken {
  readonly rule: string;
  readonly what: string;
  readonly objects: readonly KubeObject[];
}

/** Looks at each step, with the world as it is after it. */
export type Rule = (step: Step, world: World) => readonly Broken[];

/** Goes over the history in the order of revisions. @returns what the rules found */
export function replay(history: readonly Observation[], rules: readonly Rule[]): readonly Broken[] {
  const sorted = history.toSorted((a, b) => a.revision - b.revision); // stable: a list comes after the events that it holds
  const latest = latestTimes(sorted);
  const maps = Object.fromEntries(kindNames.map((kind) => [kind, new Map<string, KubeObject>()]));
  const world = maps as unknown as World;
  const broken: Broken[] = [];
  let earliestMs = 0;
  for (const [i, observation] of sorted.entries()) {
    for (const { metadata } of observation.objects) {
      const madeMs = Date.parse(metadata.creationTimestamp ?? '');
      if (madeMs > earliestMs) earliestMs = madeMs;
    }
    const changes = apply(observation, maps[observation.kind]!);
    const { revision, type } = observation;
    const step = { revision, changes, isGap: type === 'list', earliestMs, latestMs: latest[i]! };
    for (const rule of rules) broken.push(...rule(step, world));
  }
  return broken;
}

export const kindNames: readonly KindName[] = [
  'pods',
  'nodes',
  'deployments',
  'replicaSets',
  'statefulSets',
  'controllerRevisions',
  'jobs',
];

/** A change was made before anybody heard of it, or of anything after it. */
function latestTimes(sorted: readonly Observation[]): readonly number[] {
  const result: number[] = new Array(sorted.length);
  let soonest = Number.POSITIVE_INFINITY;
  for (let i = sorted.length - 1; i >= 0; i--) {
    soonest = Math.min(soonest, sorted[i]!.atMs);
    result[i] = soonest;
  }
  return result;
}

function apply({ kind, type, objects }: Observation, map: Map<string, KubeObject>): readonly Change[] {
  const changes: Change[] = [];
  const drop = (object: KubeObject) => {
    if (map.delete(uidOf(object))) changes.push({ kind, before: object, now: undefined });
  };
  if (type === 'gone') for (const object of objects) drop(map.get(uidOf(object)) ?? object);
  else {
    const names = new Map(objects.map((object) => [nameOf(object), uidOf(object)]));
    for (const known of [...map.values()]) {
      const uid = names.get(nameOf(known));
      const isReplaced = uid === undefined ? type === 'list' : uid !== uidOf(known);
      if (isReplaced) drop(known);
    }
    for (const now of objects) {
      const before = map.get(uidOf(now));
      if (before?.metadata.resourceVersion !== undefined && type === 'list' && isSameVersion(before, now)) continue;
      map.set(uidOf(now), now);
      changes.push({ kind, before, now });
    }
  }
  return changes;
}

function isSameVersion(one: KubeObject, other: KubeObject): boolean {
  return one.metadata.resourceVersion === other.metadata.resourceVersion;
}

function nameOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function uidOf({ metadata }: KubeObject): string {
  return metadata.uid ?? '';
}
