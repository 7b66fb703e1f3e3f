import { timestamp } from '#lib/api/timestamp.ts';
import type { ReplicaSetCondition, ReplicaSetStatus } from '#lib/api/types/apps.v1.ts';
import type { Pod, PodTemplateSpec } from '#lib/api/types/core.v1.ts';
import { conditionOf, withCondition, withoutCondition } from '../shared/conditions.ts';
import { availableInMs, isActive, isReady } from '../shared/pods.ts';
import { rankForDeletion } from './rank.ts';

export type ScalePlan =
  | { readonly do: 'nothing' }
  | { readonly do: 'create'; readonly count: number }
  | { readonly do: 'delete'; readonly pods: readonly Pod[] };

/**
 * How to come from the active ones among `pods` to `replicas`; at most 500 at once.
 * `related`: pods of the same Deployment, so that nodes are relieved evenly.
 * Rule: kubernetes pkg/controller/replicaset, manageReplicas.
 */
export function planScale(replicas: number, pods: readonly Pod[], related: readonly Pod[]): ScalePlan {
  const active = pods.filter(isActive);
  const missing = replicas - active.length;
  if (missing === 0) return { do: 'nothing' };
  if (missing > 0) return { do: 'create', count: Math.min(missing, mostAtOnce) };
  const count = Math.min(-missing, mostAtOnce);
  return { do: 'delete', pods: count === active.length ? active : rankForDeletion(active, related).slice(0, count) };
}
const mostAtOnce = 500;

export interface StatusFacts {
  readonly status: ReplicaSetStatus | undefined;
  readonly generation: number | undefined;
  readonly template: PodTemplateSpec;
  readonly minReadySeconds: number;
  readonly pods: readonly Pod[];
  /** What went wrong with creations or deletions in this round. */
  readonly failure?: { readonly reason: 'FailedCreate' | 'FailedDelete'; readonly message: string } | undefined;
  readonly nowMs: number;
}

/** The status that says what is there, and milliseconds until time alone changes it. */
export function planStatus({ status, generation, template, minReadySeconds, pods, failure, nowMs }: StatusFacts): {
  readonly status: ReplicaSetStatus;
  readonly againMs: number | undefined;
} {
  const active = pods.filter(isActive);
  const labels = Object.entries(template.metadata?.labels ?? {});
  const waits = active.map((pod) => availableInMs(pod, minReadySeconds, nowMs));
  const conditions = conditionsOf(status?.conditions, failure, nowMs);
  const later = waits.filter((ms) => ms !== undefined && ms > 0) as number[];
  return {
    status: {
      replicas: active.length,
      fullyLabeledReplicas: active.filter((pod) => labels.every(([key, value]) => pod.metadata.labels?.[key] === value))
        .length,
      readyReplicas: active.filter(isReady).length,
      availableReplicas: waits.filter((ms) => ms === 0).length,
      terminatingReplicas: pods.filter(isTerminating).length,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      ...(conditions.length === 0 ? {} : { conditions }),
    },
    againMs: later.length === 0 ? undefined : Math.min(...later),
  };
}

function isTerminating({ metadata, status }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}

function conditionsOf(
  before: readonly ReplicaSetCondition[] | undefined,
  failure: StatusFacts['failure'],
  nowMs: number,
): readonly ReplicaSetCondition[] {
  const type = 'ReplicaFailure';
  if (failure === undefined) return withoutCondition(before, type);
  if (conditionOf(before, type) !== undefined) return before!;
  return withCondition(before, { type, status: 'True', lastTransitionTime: timestamp(nowMs), ...failure });
}
