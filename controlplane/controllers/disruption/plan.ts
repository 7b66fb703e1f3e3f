import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Condition } from '#lib/api/types/meta.v1.ts';
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '#lib/api/types/policy.v1.ts';
import { conditionOf, timeOf, withCondition } from '../shared/conditions.ts';
import { scaledValue } from '../shared/int-or-percent.ts';
import { hasEnded, isReady } from '../shared/pods.ts';

export interface BudgetFacts {
  readonly budget: PodDisruptionBudget;
  /** Those that it selects. */
  readonly pods: readonly Pod[];
  /** How many pods the controllers of `pods` want in all. */
  readonly wanted: number;
  readonly nowMs: number;
}

export interface BudgetPlan {
  readonly status: PodDisruptionBudgetStatus;
  /** When an eviction that had no effect is to be forgotten. */
  readonly againMs: number | undefined;
}

/** How many of its pods a budget lets go now. Rule: kubernetes pkg/controller/disruption. */
export function planBudget({ budget, pods, wanted, nowMs }: BudgetFacts): BudgetPlan {
  const living = pods.filter((pod) => !hasEnded(pod));
  const { disruptedPods, againMs } = stillDisrupted(budget, living, nowMs);
  const { expectedPods, desiredHealthy } = expected(budget, living, wanted);
  const isHealthy = (pod: Pod) =>
    pod.metadata.deletionTimestamp === undefined && !Object.hasOwn(disruptedPods, pod.metadata.name) && isReady(pod);
  const currentHealthy = living.filter(isHealthy).length;
  const disruptionsAllowed = expectedPods <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
  const { generation } = budget.metadata;
  return {
    againMs,
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
    lastTransitionTime: before?.status === wanted ? before.lastTransitionTime : timeOf(nowMs),
  });
}
