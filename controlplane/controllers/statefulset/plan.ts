import type { StatefulSet, StatefulSetStatus } from '#lib/api/types/apps.v1.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { revisionLabel } from '../shared/history.ts';
import { scaledValue } from '../shared/int-or-percent.ts';
import { availableInMs, isReady } from '../shared/pods.ts';
import { ordinalOf, startOf } from './identity.ts';

export interface StatefulSetFacts {
  readonly set: StatefulSet;
  readonly pods: readonly Pod[];
  /** Names of the ControllerRevisions, which are also the label values of their pods; `current` is what pods had before the rolling update that is under way. */
  readonly current: string;
  readonly update: string;
  readonly collisionCount: number | undefined;
  readonly nowMs: number;
}

export interface StatefulSetPlan {
  readonly create: readonly { readonly ordinal: number; readonly revision: 'current' | 'update' }[];
  readonly delete: readonly Pod[];
  readonly status: StatefulSetStatus;
  readonly againMs: number | undefined;
}

/** What to do next; ordered sets do one thing at a time. Rule: StatefulSets; kubernetes stateful_set_control. */
export function planStatefulSet(facts: StatefulSetFacts): StatefulSetPlan {
  const { set, pods } = facts;
  const all = new Map<number, Pod>();
  for (const pod of pods) {
    const ordinal = ordinalOf(pod, set);
    if (ordinal !== undefined) all.set(ordinal, pod);
  }
  const start = startOf(set);
  const end = start + (set.spec.replicas ?? 1);
  const wanted = Array.from({ length: end - start }, (_, i) => start + i);
  const condemned = [...all].filter(([ordinal]) => ordinal < start || ordinal >= end).sort(([a], [b]) => b - a);
  const { status, againMs } = statusOf(facts, [...all.values()]);
  const plan = { status, againMs };
  if (set.metadata.deletionTimestamp !== undefined) return { ...plan, create: [], delete: [] };
  const isOrdered = set.spec.podManagementPolicy !== 'Parallel';
  const isSound = (pod: Pod | undefined) =>
    pod !== undefined && isHealthy(pod) && availableInMs(pod, set.spec.minReadySeconds ?? 0, facts.nowMs) === 0;

  const create: { ordinal: number; revision: 'current' | 'update' }[] = [];
  const remove: Pod[] = [];
  for (const ordinal of wanted) {
    const pod = all.get(ordinal);
    if (pod === undefined) create.push({ ordinal, revision: revisionFor(facts, ordinal) });
    else if (hasEnded(pod) && !isLeaving(pod))
      remove.push(pod); // made anew once it is gone
    else if (!isOrdered || isSound(pod)) continue;
    if (isOrdered) return { ...plan, create, delete: remove };
  }
  const firstUnsound = [
    ...wanted.map((ordinal) => all.get(ordinal)),
    ...condemned.map(([, pod]) => pod).toReversed(),
  ].find((pod) => pod !== undefined && !isHealthy(pod));
  for (const [, pod] of condemned) {
    if (isLeaving(pod)) {
      if (isOrdered) return { ...plan, create, delete: remove };
      continue;
    }
    if (isOrdered && !isHealthy(pod) && pod !== firstUnsound) return { ...plan, create, delete: remove };
    remove.push(pod);
    if (isOrdered) return { ...plan, create, delete: remove };
  }
  if (create.length + remove.length > 0) return { ...plan, create, delete: remove };
  return { ...plan, create, delete: rollingUpdate(facts, wanted, all) };
}

/** The highest ordinals first, each only when all after it are sound again. */
function rollingUpdate(
  { set, update, nowMs }: StatefulSetFacts,
  wanted: readonly number[],
  all: ReadonlyMap<number, Pod>,
): readonly Pod[] {
  if (set.spec.updateStrategy?.type === 'OnDelete') return [];
  const { partition = 0, maxUnavailable } = set.spec.updateStrategy?.rollingUpdate ?? {};
  const most = Math.max(1, scaledValue(maxUnavailable, set.spec.replicas ?? 1, 'down'));
  const isSound = (pod: Pod | undefined) =>
    pod !== undefined && isHealthy(pod) && availableInMs(pod, set.spec.minReadySeconds ?? 0, nowMs) === 0;
  let unavailable = wanted.filter((ordinal) => !isSound(all.get(ordinal))).length;
  const result: Pod[] = [];
  for (const ordinal of wanted.filter((one) => one >= startOf(set) + partition).toReversed()) {
    const pod = all.get(ordinal);
    if (pod === undefined) return result;
    const isOld = pod.metadata.labels?.[revisionLabel] !== update;
    if (isOld && !isLeaving(pod)) {
      const costs = isSound(pod) ? 1 : 0;
      if (unavailable + costs > most) return result;
      unavailable += costs;
      result.push(pod);
    } else if (!isSound(pod) && unavailable >= most) return result;
  }
  return result;
}

/** Only a partition keeps pods as they were: one that is lost during an update comes back new. */
function revisionFor({ set }: StatefulSetFacts, ordinal: number): 'current' | 'update' {
  if (set.spec.updateStrategy?.type === 'OnDelete') return 'update';
  const partition = set.spec.updateStrategy?.rollingUpdate?.partition;
  const { currentReplicas = 0 } = set.status;
  const keptBelow = startOf(set) + (partition ?? currentReplicas);
  return ordinal < keptBelow ? 'current' : 'update';
}

function statusOf(facts: StatefulSetFacts, pods: readonly Pod[]) {
  const { set, current, update, nowMs } = facts;
  const of = (revision: string) =>
    pods.filter((pod) => isCreated(pod) && !isLeaving(pod) && pod.metadata.labels?.[revisionLabel] === revision).length;
  const waits = pods.map((pod) =>
    isHealthy(pod) ? availableInMs(pod, set.spec.minReadySeconds ?? 0, nowMs) : undefined,
  );
  const counts = {
    replicas: pods.filter(isCreated).length,
    readyReplicas: pods.filter((pod) => pod.status.phase === 'Running' && isReady(pod)).length,
    availableReplicas: waits.filter((ms) => ms === 0).length,
    currentReplicas: of(current),
    updatedReplicas: of(update),
  };
  const isRolling = set.spec.updateStrategy?.type !== 'OnDelete';
  const { replicas: size = 1 } = set.spec;
  const isComplete =
    isRolling && [counts.replicas, counts.updatedReplicas, counts.readyReplicas].every((count) => count === size);
  const status: StatefulSetStatus = {
    observedGeneration: set.metadata.generation,
    ...counts,
    ...(isComplete ? { currentReplicas: counts.updatedReplicas } : {}),
    currentRevision: isComplete ? update : current,
    updateRevision: update,
    collisionCount: facts.collisionCount ?? 0,
    ...(set.status.conditions === undefined ? {} : { conditions: set.status.conditions }),
  };
  const later = waits.filter((ms): ms is number => ms !== undefined && ms > 0);
  return { status, againMs: later.length === 0 ? undefined : Math.min(...later) };
}

function isCreated({ status }: Pod): boolean {
  return (status.phase ?? '') !== '';
}

function isLeaving({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function hasEnded({ status }: Pod): boolean {
  return status.phase === 'Failed' || status.phase === 'Succeeded';
}

function isHealthy(pod: Pod): boolean {
  return pod.status.phase === 'Running' && isReady(pod) && !isLeaving(pod);
}
