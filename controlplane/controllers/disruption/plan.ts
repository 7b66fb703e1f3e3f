import { timestamp } from '#lib/api/timestamp.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Condition } from '#lib/api/types/meta.v1.ts';
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '#lib/api/types/policy.v1.ts';
import { conditionOf, withCondition } from '../shared/conditions.ts';
import { scaledValue } from '../shared/int-or-percent.ts';
import { hasEnded, isReady } from '../shared/pods.ts';

export interface BudgetFacts {
  readonly budget: PodDisruptionBudget;
  /** Those that it selects. */
  readonly pods: readonly Pod[];
  /** How many pods the controllers of `pods` want in all; or why nobody can tell. */
  readonly wanted: number | { readonly failure: string };
  readonly nowMs: number;
}

export interface BudgetPlan {
  readonly status: PodDisruptionBudgetStatus;
  /** When an eviction that had no effect is to be forgotten. */
  readonly againMs: number | undefined;
  /** Pods whose eviction had no effect. */
  readonly notDeleted: readonly Pod[];
  /** Why nothing can be counted. */
  readonly failure?: string;
}

/** How many of its pods a budget lets go now. Rule: kubernetes pkg/controller/disruption. */
export function planBudget({ budget, pods, wanted, nowMs }: BudgetFacts): BudgetPlan {
  const living = pods.filter((pod) => !hasEnded(pod));
  const { disruptedPods, againMs, notDeleted } = stillDisrupted(budget, living, nowMs);
  if (needsControllers(budget) && typeof wanted !== 'number') {
    return { ...failed(budget, wanted.failure, nowMs), againMs, notDeleted: [] };
  }
  const { expectedPods, desiredHealthy } = expected(budget, living, typeof wanted === 'number' ? wanted : 0);
  const isHealthy = (pod: Pod) =>
    pod.metadata.deletionTimestamp === undefined && !Object.hasOwn(disruptedPods, pod.metadata.name) && isReady(pod);
  const currentHealthy = living.filter(isHealthy).length;
  const disruptionsAllowed = expectedPods <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
  const { generation } = budget.metadata;
  return {
    againMs,
    notDeleted,
    status: {
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      ...(Object.keys(disruptedPods).length === 0 ? {} : { disruptedPods }),
      disruptionsAllowed,
      currentHealthy,
      desiredHealthy,
      expectedPods,
      conditions: conditionsOf(budget, disruptionsAllowed > 0, nowMs),
    },
  };
}

/** Whether the budget is a share of what controllers want, rather than of what is there. */
export function needsControllers({ spec }: PodDisruptionBudget): boolean {
  return spec?.maxUnavailable !== undefined || typeof spec?.minAvailable === 'string';
}

/** What cannot be counted lets nobody go. */
function failed({ metadata, status }: PodDisruptionBudget, failure: string, nowMs: number) {
  const type = 'DisruptionAllowed';
  const before = conditionOf(status?.conditions, type);
  const conditions = withCondition(status?.conditions, {
    type,
    status: 'False',
    reason: 'SyncFailed',
    message: failure,
    ...(status?.observedGeneration === undefined ? {} : { observedGeneration: status.observedGeneration }),
    lastTransitionTime: before?.status === 'False' ? before.lastTransitionTime : timestamp(nowMs),
  });
  const zero = { currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, observedGeneration: metadata.generation };
  const { observedGeneration, ...counts } = { ...zero, ...status };
  const seen = observedGeneration === undefined ? {} : { observedGeneration };
  return { failure, status: { ...counts, ...seen, disruptionsAllowed: 0, conditions } };
}

function expected({ spec }: PodDisruptionBudget, pods: readonly Pod[], wanted: number) {
  const { minAvailable, maxUnavailable } = spec ?? {};
  if (maxUnavailable !== undefined) {
    return { expectedPods: wanted, desiredHealthy: Math.max(0, wanted - scaledValue(maxUnavailable, wanted, 'up')) };
  }
  // A plain number needs no controllers: what is there counts.
  if (typeof minAvailable !== 'string') return { expectedPods: pods.length, desiredHealthy: minAvailable ?? 1 };
  return { expectedPods: wanted, desiredHealthy: scaledValue(minAvailable, wanted, 'up') };
}

/** Pods whose eviction was allowed and whose deletion has not been seen: for two minutes they count as gone. */
function stillDisrupted({ status }: PodDisruptionBudget, pods: readonly Pod[], nowMs: number) {
  const names = new Set(
    pods.filter(({ metadata }) => !metadata.deletionTimestamp).map(({ metadata }) => metadata.name),
  );
  const left = Object.entries(status?.disruptedPods ?? {})
    .map(([name, time]) => ({ name, time, untilMs: Date.parse(time) + patienceMs }))
    .filter(({ name, untilMs }) => names.has(name) && untilMs > nowMs);
  return {
    notDeleted: pods.filter(({ metadata }) => {
      const time = metadata.deletionTimestamp === undefined ? status?.disruptedPods?.[metadata.name] : undefined;
      return time !== undefined && Date.parse(time) + patienceMs <= nowMs;
    }),
    disruptedPods: Object.fromEntries(left.map(({ name, time }) => [name, time])),
    againMs: left.length === 0 ? undefined : Math.min(...left.map(({ untilMs }) => untilMs - nowMs)),
  };
}
const patienceMs = 120_000;

function conditionsOf(
  { metadata, status }: PodDisruptionBudget,
  isAllowed: boolean,
  nowMs: number,
): readonly Condition[] {
  const before = conditionOf(status?.conditions, 'DisruptionAllowed');
  const wanted = isAllowed ? 'True' : 'False';
  return withCondition(status?.conditions, {
    type: 'DisruptionAllowed',
    status: wanted,
    reason: isAllowed ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
    lastTransitionTime: before?.status === wanted ? before.lastTransitionTime : timestamp(nowMs),
  });
}
