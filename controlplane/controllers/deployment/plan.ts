import type { Deployment, DeploymentStatus, ReplicaSet } from '#lib/api/types/apps.v1.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { hasEnded } from '../shared/pods.ts';
import { isSameStatus } from '../shared/same.ts';
import { type Limits, limitsOf } from './limits.ts';
import {
  annotations,
  annotationsFor,
  findNew,
  highestRevision,
  makeNew,
  revisionOf,
  sizeAnnotations,
  sizeOf,
  sizeOfAll,
  withAnnotations,
} from './replica-sets.ts';
import { newSize, type Resize, shrinkOld } from './rolling.ts';
import { isScaling, planScaling } from './scaling.ts';
import {
  type Conditions,
  countStatus,
  hasDeadline,
  isComplete,
  say,
  setCondition,
  stuckInMs,
  withProgress,
} from './status.ts';

export type Step =
  | { readonly do: 'create'; readonly set: ReplicaSet }
  /** Annotations or minReadySeconds. */
  | { readonly do: 'update'; readonly set: ReplicaSet }
  | { readonly do: 'resize'; readonly set: ReplicaSet; readonly from: number }
  | { readonly do: 'delete'; readonly set: ReplicaSet }
  | { readonly do: 'setRevision'; readonly revision: string }
  | { readonly do: 'writeStatus'; readonly status: DeploymentStatus };

export interface DeploymentFacts {
  readonly deployment: Deployment;
  /** All that it owns. */
  readonly sets: readonly ReplicaSet[];
  /** Those of `sets`; read for the strategy Recreate only. */
  readonly pods: readonly Pod[];
  readonly nowMs: number;
}

export interface Plan {
  readonly steps: readonly Step[];
  readonly againMs: number | undefined;
}

/** What brings a Deployment's ReplicaSets one step closer to its template and size. Rule: kubernetes pkg/controller/deployment. */
export function planDeployment(facts: DeploymentFacts): Plan {
  const { deployment, sets, nowMs } = facts;
  const limits = limitsOf(deployment);
  const found = findNew(deployment, sets);
  const old = sets.filter((set) => set !== found);
  const conditions = pausing(deployment, nowMs);
  if (deployment.metadata.deletionTimestamp !== undefined) {
    return close(facts, [], countStatus(deployment, sets, found, conditions, nowMs));
  }
  if (deployment.spec?.paused || isScaling(limits, sets)) return planSizes(facts, limits, found, old, conditions);
  if (!limits.isRolling) return planRecreate(facts, limits, found, old, conditions);
  return planRolling(facts, limits, found, old, conditions);
}

/** Paused or scaled: sizes only, no new ReplicaSet. */
function planSizes(
  facts: DeploymentFacts,
  limits: Limits,
  found: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
  conditions: Conditions,
): Plan {
  const { deployment, sets, nowMs } = facts;
  const named = found === undefined ? { steps: [], conditions } : nameNew(facts, found, old, conditions);
  const steps = [
    ...named.steps,
    ...planScaling(deployment, limits, found, old).flatMap((resize) => resizeStep(limits, resize)),
  ];
  if (deployment.spec?.paused) steps.push(...cleanUp(deployment, old));
  return close(facts, steps, countStatus(deployment, sets, found, named.conditions, nowMs));
}

function planRolling(
  facts: DeploymentFacts,
  limits: Limits,
  found: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
  before: Conditions,
): Plan {
  const { sets } = facts;
  if (found === undefined) return createNew(facts, limits, old, newSize(limits, sets, 0), before);
  const { steps, conditions, fresh } = nameNew(facts, found, old, before);
  const size = newSize(limits, [...old, fresh], sizeOf(fresh));
  // One direction at a time: what was grown has to be seen before more is taken away.
  const resizes = size === sizeOf(fresh) ? shrinkOld(limits, old, fresh) : [{ set: fresh, to: size }];
  return finish(facts, [...steps, ...resizes.flatMap((resize) => resizeStep(limits, resize))], fresh, old, conditions);
}

function planRecreate(
  facts: DeploymentFacts,
  limits: Limits,
  found: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
  before: Conditions,
): Plan {
  const named =
    found === undefined ? { steps: [], conditions: before, fresh: found } : nameNew(facts, found, old, before);
  const { steps, conditions, fresh } = named;
  if (sizeOfAll(old) > 0) {
    const shrink = old.flatMap((set) => resizeStep(limits, { set, to: 0 }));
    return finish(facts, [...steps, ...shrink], fresh, old, conditions);
  }
  const oldUids = new Set(old.map(({ metadata }) => metadata.uid));
  const isOld = (pod: Pod) => pod.metadata.ownerReferences?.some(({ uid }) => oldUids.has(uid)) ?? false;
  if (facts.pods.some((pod) => isOld(pod) && !hasEnded(pod))) return finish(facts, steps, fresh, old, conditions);
  if (fresh === undefined) return createNew(facts, limits, old, limits.desired, before);
  return finish(facts, [...steps, ...resizeStep(limits, { set: fresh, to: limits.desired })], fresh, old, conditions);
}

function createNew(
  facts: DeploymentFacts,
  limits: Limits,
  old: readonly ReplicaSet[],
  size: number,
  before: Conditions,
): Plan {
  const { deployment, nowMs } = facts;
  const bare = makeNew(deployment);
  const revision = highestRevision(old) + 1n;
  const labelled = withAnnotations(bare, {
    ...annotationsFor(deployment, bare, revision),
    ...sizeAnnotations(limits.desired, limits.desired + limits.surge),
  });
  const set = { ...labelled, spec: { ...labelled.spec!, replicas: size } };
  const message = `Created new replica set "${set.metadata.name}"`;
  const conditions = hasDeadline(deployment)
    ? setCondition(before, say('Progressing', 'True', 'NewReplicaSetCreated', message), nowMs)
    : before;
  const steps: readonly Step[] = [{ do: 'create', set }, ...revisionStep(deployment, String(revision))];
  return finish(facts, steps, set, old, conditions);
}

/** Writes on the new ReplicaSet, and on the Deployment, which revision it is. */
function nameNew(
  { deployment, nowMs }: DeploymentFacts,
  found: ReplicaSet,
  old: readonly ReplicaSet[],
  before: Conditions,
): { readonly steps: readonly Step[]; readonly conditions: Conditions; readonly fresh: ReplicaSet } {
  const wanted = annotationsFor(deployment, found, highestRevision(old) + 1n);
  const minReadySeconds = deployment.spec!.minReadySeconds ?? 0;
  const isAsWanted =
    isSameStatus(wanted, found.metadata.annotations) && (found.spec?.minReadySeconds ?? 0) === minReadySeconds;
  const named = withAnnotations(found, wanted);
  const fresh = isAsWanted ? found : { ...named, spec: { ...named.spec!, minReadySeconds } };
  const message = `Found new replica set "${found.metadata.name}"`;
  const isUnknown = !before.some(({ type }) => type === 'Progressing');
  return {
    fresh,
    steps: [
      ...(isAsWanted ? [] : [{ do: 'update', set: fresh } as const]),
      ...revisionStep(deployment, fresh.metadata.annotations?.[annotations.revision] ?? ''),
    ],
    conditions:
      hasDeadline(deployment) && isUnknown
        ? setCondition(before, say('Progressing', 'True', 'FoundNewReplicaSet', message), nowMs)
        : before,
  };
}

function revisionStep({ metadata }: Deployment, revision: string): readonly Step[] {
  return revision === '' || metadata.annotations?.[annotations.revision] === revision
    ? []
    : [{ do: 'setRevision', revision }];
}

function resizeStep({ desired, surge }: Limits, { set, to }: Resize): readonly Step[] {
  const marks = sizeAnnotations(desired, desired + surge);
  const isMarked = Object.entries(marks).every(([key, value]) => set.metadata.annotations?.[key] === value);
  if (sizeOf(set) === to && isMarked) return [];
  const marked = withAnnotations(set, marks);
  return [{ do: 'resize', set: { ...marked, spec: { ...marked.spec!, replicas: to } }, from: sizeOf(set) }];
}

/** The steps, then the clean-up if everything is done, then the status. */
function finish(
  facts: DeploymentFacts,
  steps: readonly Step[],
  fresh: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
  conditions: Conditions,
): Plan {
  const { deployment, sets, nowMs } = facts;
  const counted = countStatus(deployment, sets, fresh, conditions, nowMs);
  const status = withProgress(deployment, counted, sets, fresh, nowMs);
  const isDone =
    steps.every(({ do: what }) => what !== 'resize' && what !== 'create') && isComplete(deployment, status);
  return close(facts, isDone ? [...steps, ...cleanUp(deployment, old)] : steps, status);
}

function close({ deployment, nowMs }: DeploymentFacts, steps: readonly Step[], status: DeploymentStatus): Plan {
  const isWritten = isSameStatus(status, deployment.status);
  return {
    steps: isWritten ? steps : [...steps, { do: 'writeStatus', status }],
    againMs: stuckInMs(deployment, status, nowMs),
  };
}

/** Old ReplicaSets without pods beyond the history limit, the lowest revisions first. */
function cleanUp({ spec }: Deployment, old: readonly ReplicaSet[]): readonly Step[] {
  const limit = spec?.revisionHistoryLimit ?? 10;
  const alive = old.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const excess = alive.length - limit;
  if (excess <= 0) return [];
  const oldest = alive.toSorted((a, b) => (revisionOf(a) < revisionOf(b) ? -1 : 1)).slice(0, excess);
  return oldest.filter(isUnused).map((set) => ({ do: 'delete', set }));
}

function isUnused(set: ReplicaSet): boolean {
  const { generation = 0 } = set.metadata;
  return (set.status?.replicas ?? 0) === 0 && sizeOf(set) === 0 && generation <= (set.status?.observedGeneration ?? 0);
}

/** The conditions, with Progressing saying that the Deployment was paused or goes on. */
function pausing(deployment: Deployment, nowMs: number): Conditions {
  const conditions = deployment.status?.conditions ?? [];
  const current = conditions.find(({ type }) => type === 'Progressing');
  if (!hasDeadline(deployment) || current?.reason === 'ProgressDeadlineExceeded') return conditions;
  const isMarked = current?.reason === 'DeploymentPaused';
  if (deployment.spec?.paused && !isMarked) {
    return setCondition(conditions, say('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused'), nowMs);
  }
  if (!deployment.spec?.paused && isMarked) {
    return setCondition(conditions, say('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed'), nowMs);
  }
  return conditions;
}
