import type { Node, Pod } from '#lib/api/types/core.v1.ts';
import type { Refusal } from './plugin.ts';

/**
 * What happened in the cluster, as far as it may let a pod in: a node came, or now takes what it did not take; a pod made
 * room; a pod came to stand on a node, or has other labels there;
 * something about volumes. Rule: kube-scheduler's queueing hints.
 */
export type Change = 'node' | 'room' | 'place' | 'volume';

/** Whether rules look at what changed on the node: its heartbeats are no news. */
export function isNodeChange(before: Node | undefined, now: Node): boolean {
  return before === undefined || aboutNode(before) !== aboutNode(now);
}

function aboutNode({ metadata, spec, status }: Node): string {
  return JSON.stringify([metadata.labels, spec, status.allocatable]);
}

/** Whether rules look at what changed about a pod that stands on a node. */
export function podChange(before: Pod | undefined, now: Pod): Change | undefined {
  if (!before?.spec.nodeName) return 'place';
  if (isSame(before.spec.containers, now.spec.containers, ({ resources }) => resources)) {
    return isSame([before], [now], ({ metadata }) => [metadata.labels, metadata.deletionTimestamp])
      ? undefined
      : 'place';
  }
  return 'room';
}

function isSame<T>(before: readonly T[], now: readonly T[], about: (one: T) => unknown): boolean {
  return before === now || JSON.stringify(before.map(about)) === JSON.stringify(now.map(about));
}

/** Which changes may let in a pod that was refused for these reasons. */
export function helps({ spec }: Pod, refusals: ReadonlyMap<string, Refusal>): (change: Change) => boolean {
  const wantsRoom = refusals.size === 0 || [...refusals.values()].some(({ isFinal }) => !isFinal);
  const looksAtPods =
    spec.affinity?.podAffinity !== undefined ||
    spec.affinity?.podAntiAffinity !== undefined ||
    (spec.topologySpreadConstraints ?? []).length > 0;
  const hasClaims = spec.volumes?.some(
    ({ persistentVolumeClaim, ephemeral }) => persistentVolumeClaim !== undefined || ephemeral !== undefined,
  );
  return (change) => {
    if (change === 'volume') return hasClaims === true;
    return change === 'node' || looksAtPods || (change === 'room' && wantsRoom);
  };
}
