import type { Pod } from '#lib/api/types/core.v1.ts';
import { hasEnded, podCondition } from '../shared/pods.ts';

/**
 * Milliseconds until the condition DisruptionTarget of a pod that nobody deletes says what is not so; 0: it does.
 * Undefined where there is nothing to take back. The kubelet's own may take as long as it likes.
 * Rule: kubernetes pkg/controller/disruption, syncStalePodDisruption.
 */
export function staleInMs(pod: Pod, nowMs: number): number | undefined {
  if (pod.metadata.deletionTimestamp !== undefined || hasEnded(pod)) return undefined;
  const condition = podCondition(pod, 'DisruptionTarget');
  if (condition?.status !== 'True' || condition.reason === 'TerminationByKubelet') return undefined;
  return Math.max(0, Date.parse(condition.lastTransitionTime ?? '') + patienceMs - nowMs) || 0;
}
const patienceMs = 120_000;
