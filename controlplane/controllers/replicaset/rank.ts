// Which pods go first when there are too many. Rule: kubernetes pkg/controller, ActivePodsWithRanks.
import type { Pod } from '#lib/api/types/core.v1.ts';
import { isActive, isReady, podCondition } from '../shared/pods.ts';

/**
 * `pods`, those to be deleted first in front: unassigned, then pending, then not ready, then of lower deletion cost,
 * then from nodes with more of the kind, then ready for a shorter time, then restarted more often, then younger.
 */
export function rankForDeletion(pods: readonly Pod[], related: readonly Pod[]): readonly Pod[] {
  const onNode = new Map<string, number>();
  for (const { spec } of related) onNode.set(spec.nodeName ?? '', (onNode.get(spec.nodeName ?? '') ?? 0) + 1);
  return pods
    .map((pod) => ({ pod, rank: rankOf(pod, onNode) }))
    .sort((a, b) => compare(a.rank, b.rank) || (a.pod.metadata.name < b.pod.metadata.name ? -1 : 1))
    .map(({ pod }) => pod);
}

/** How old the ready ones among `victims` are, in ages of the youngest ready pod; nothing where all go. */
export function ageRatios(all: readonly Pod[], victims: readonly Pod[], nowMs: number): readonly number[] {
  const active = all.filter(isActive);
  if (victims.length >= active.length) return [];
  const ageOf = ({ metadata }: Pod) => nowMs - timeOf(metadata.creationTimestamp);
  const youngest = Math.max(1, Math.min(...active.filter(isReady).map(ageOf)));
  return victims.filter(isReady).map((pod) => Math.trunc(ageOf(pod) / youngest));
}

function rankOf(pod: Pod, onNode: ReadonlyMap<string, number>): readonly number[] {
  const ready = podCondition(pod, 'Ready');
  const isUp = isReady(pod);
  return [
    pod.spec.nodeName ? 1 : 0,
    phaseOrder[pod.status?.phase ?? 'Pending'] ?? 0,
    isUp ? 1 : 0,
    costOf(pod),
    -(onNode.get(pod.spec.nodeName ?? '') ?? 0),
    // Times matter by their order of magnitude only, upstream says; exact ones are as good and simpler.
    isUp ? -timeOf(ready?.lastTransitionTime) : 0,
    -restartsOf(pod),
    -timeOf(pod.metadata.creationTimestamp),
  ];
}
const phaseOrder: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}

function costOf({ metadata }: Pod): number {
  const text = metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'];
  return text !== undefined && /^(0|-?[1-9]\d*)$/.test(text) ? Number(text) : 0;
}

function restartsOf({ status }: Pod): number {
  return Math.max(0, ...(status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));
}

function timeOf(text: string | undefined): number {
  return text === undefined ? 0 : Date.parse(text);
}
