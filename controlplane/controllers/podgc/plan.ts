import type { Node, Pod } from '#lib/api/types/core.v1.ts';
import { hasEnded } from '../shared/pods.ts';

export interface GcFacts {
  readonly pods: readonly Pod[];
  /** Whether a node of that name is, or was a short while ago. */
  hasNode(name: string): boolean;
  nodeOf(pod: Pod): Node | undefined;
  /** How many ended pods may stay for people to look at; 0: all. */
  readonly threshold: number;
}

export interface Sweep {
  readonly pod: Pod;
  readonly message: string;
  /** As metrics call it. */
  readonly reason: 'terminated' | 'orphaned' | 'unscheduled' | 'out-of-service';
}

/** Pods that nobody else will delete. Rule: kubernetes pkg/controller/podgc. */
export function planSweep({ pods, hasNode, nodeOf, threshold }: GcFacts): readonly Sweep[] {
  const swept = new Map<string, Sweep>();
  const sweep = (pod: Pod, reason: Sweep['reason'], message: string) =>
    swept.set(pod.metadata.uid ?? '', { pod, reason, message });
  const ended = threshold > 0 ? pods.filter(hasEnded).sort(byUse) : [];
  for (const pod of ended.slice(0, Math.max(0, ended.length - threshold)))
    sweep(pod, 'terminated', 'PodGC: too many ended pods');
  for (const pod of pods) {
    const { nodeName } = pod.spec;
    const isLeaving = pod.metadata.deletionTimestamp !== undefined;
    if (nodeName && !hasNode(nodeName)) sweep(pod, 'orphaned', 'PodGC: node no longer exists');
    else if (!nodeName && isLeaving) sweep(pod, 'unscheduled', 'PodGC: pod was deleted before it was scheduled');
    else if (isLeaving && isOutOfService(nodeOf(pod))) sweep(pod, 'out-of-service', 'PodGC: node is out of service');
  }
  return [...swept.values()];
}

function isOutOfService(node: Node | undefined): boolean {
  const isReady = node?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
  const isMarked = node?.spec?.taints?.some(({ key }) => key === 'node.kubernetes.io/out-of-service');
  return isMarked === true && isReady !== true;
}

/** The evicted ones first, then the older. */
function byUse(a: Pod, b: Pod): number {
  const isEvicted = ({ status }: Pod) => (status?.reason === 'Evicted' ? 0 : 1);
  return isEvicted(a) - isEvicted(b) || (bornAt(a) < bornAt(b) ? -1 : 1);
}

function bornAt({ metadata }: Pod): string {
  return metadata.creationTimestamp ?? '';
}
