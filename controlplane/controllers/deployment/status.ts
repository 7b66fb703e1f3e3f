// What a Deployment's status says. Rule: kubernetes pkg/controller/deployment, sync.go calculateStatus and progress.go.
import { timestamp } from '#lib/api/timestamp.ts';
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '#lib/api/types/apps.v1.ts';
import { conditionOf, withCondition, withoutCondition } from '../shared/conditions.ts';
import { limitsOf } from './limits.ts';

export type Conditions = readonly DeploymentCondition[];

/** Counts and the condition Available; the other conditions are `before`. */
export function countStatus(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  fresh: ReplicaSet | undefined,
  before: Conditions,
  nowMs: number,
): DeploymentStatus {
  const sum = (of: (status: NonNullable<ReplicaSet['status']>) => number | undefined) =>
    all.reduce((total, { status }) => total + ((status && of(status)) ?? 0), 0);
  const { desired, unavailable } = limitsOf(deployment);
  const replicas = sum((status) => status.replicas);
  const availableReplicas = sum((status) => status.availableReplicas);
  const { collisionCount } = deployment.status ?? {};
  return {
    observedGeneration: deployment.metadata.generation,
    replicas,
    updatedReplicas: fresh?.status?.replicas ?? 0,
    readyReplicas: sum((status) => status.readyReplicas),
    availableReplicas,
    unavailableReplicas: Math.max(0, replicas - availableReplicas),
    terminatingReplicas: sum((status) => status.terminatingReplicas),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: setCondition(
      before,
      availableReplicas >= desired - unavailable
        ? say('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.')
        : say('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.'),
      nowMs,
    ),
  };
}

/** `counted` with the conditions Progressing and ReplicaFailure as they are now. */
export function withProgress(
  deployment: Deployment,
  counted: DeploymentStatus,
  all: readonly ReplicaSet[],
  fresh: ReplicaSet | undefined,
  nowMs: number,
): DeploymentStatus {
  let conditions = counted.conditions ?? [];
  if (!hasDeadline(deployment)) conditions = withoutCondition(conditions, 'Progressing');
  else conditions = progressed(deployment, counted, conditions, fresh, nowMs);
  const failure = failureOf(all, fresh);
  conditions =
    failure === undefined ? withoutCondition(conditions, 'ReplicaFailure') : setCondition(conditions, failure, nowMs);
  return { ...counted, conditions };
}

function progressed(
  deployment: Deployment,
  counted: DeploymentStatus,
  conditions: Conditions,
  fresh: ReplicaSet | undefined,
  nowMs: number,
): Conditions {
  const current = conditionOf(conditions, 'Progressing');
  const isDone = counted.replicas === counted.updatedReplicas && current?.reason === 'NewReplicaSetAvailable';
  if (isDone) return conditions;
  const what = fresh === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${fresh.metadata.name}"`;
  if (isComplete(deployment, counted)) {
    const condition = say('Progressing', 'True', 'NewReplicaSetAvailable', `${what} has successfully progressed.`);
    return setCondition(conditions, condition, nowMs);
  }
  if (isProgressing(deployment.status, counted)) {
    // Each step forward starts the deadline anew, hence no look at whether reason and status are the same.
    const since = current?.status === 'True' ? current.lastTransitionTime : undefined;
    const condition = say('Progressing', 'True', 'ReplicaSetUpdated', `${what} is progressing.`);
    const time = timestamp(nowMs);
    return withCondition(conditions, { ...condition, lastUpdateTime: time, lastTransitionTime: since ?? time });
  }
  if (isTimedOut(deployment, current, nowMs)) {
    const condition = say('Progressing', 'False', 'ProgressDeadlineExceeded', `${what} has timed out progressing.`);
    return setCondition(conditions, condition, nowMs);
  }
  return conditions;
}

export function hasDeadline({ spec }: Deployment): boolean {
  return spec?.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== 2 ** 31 - 1;
}

/** All pods are of the newest template, and available. */
export function isComplete({ spec, metadata }: Deployment, status: DeploymentStatus): boolean {
  const desired = spec?.replicas ?? 1;
  return (
    status.updatedReplicas === desired &&
    status.replicas === desired &&
    status.availableReplicas === desired &&
    (status.observedGeneration ?? 0) >= (metadata.generation ?? 0)
  );
}

function isProgressing(before: DeploymentStatus = {}, now: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (now.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(now) < old(before) ||
    (now.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (now.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function isTimedOut(deployment: Deployment, current: DeploymentCondition | undefined, nowMs: number): boolean {
  if (current === undefined || current.reason === 'NewReplicaSetAvailable') return false;
  if (current.reason === 'ProgressDeadlineExceeded') return true;
  return deadlineMs(deployment, current) < nowMs;
}

function deadlineMs({ spec }: Deployment, { lastUpdateTime }: DeploymentCondition): number {
  return Date.parse(lastUpdateTime ?? '') + (spec?.progressDeadlineSeconds ?? 600) * 1000;
}

/** Milliseconds until a rollout that stands still has to be called stuck; undefined if there is nothing to wait for. */
export function stuckInMs(deployment: Deployment, status: DeploymentStatus, nowMs: number): number | undefined {
  const current = conditionOf(status.conditions, 'Progressing');
  if (deployment.spec?.paused) return undefined; // it stands still because it is told to
  if (!hasDeadline(deployment) || current === undefined || isComplete(deployment, status)) return undefined;
  if (current.reason === 'NewReplicaSetAvailable' || current.reason === 'ProgressDeadlineExceeded') return undefined;
  return Math.max(0, deadlineMs(deployment, current) - nowMs) + 1_000; // times are kept to the second
}

function failureOf(all: readonly ReplicaSet[], fresh: ReplicaSet | undefined): DeploymentCondition | undefined {
  const of = (set: ReplicaSet) => conditionOf(set.status?.conditions, 'ReplicaFailure');
  const found = (fresh && of(fresh)) ?? all.map(of).find((condition) => condition !== undefined);
  return found && say('ReplicaFailure', found.status, found.reason ?? '', found.message ?? '');
}

export function say(type: string, status: string, reason: string, message: string): DeploymentCondition {
  return { type, status, reason, message };
}

/** As upstream: unchanged status and reason change nothing; an unchanged status keeps its time of transition. */
export function setCondition(conditions: Conditions, condition: DeploymentCondition, nowMs: number): Conditions {
  const current = conditionOf(conditions, condition.type);
  if (current?.status === condition.status && current.reason === condition.reason) return conditions;
  const time = timestamp(nowMs);
  const lastTransitionTime = current?.status === condition.status ? current.lastTransitionTime : time;
  return withCondition(conditions, { ...condition, lastUpdateTime: time, lastTransitionTime });
}
