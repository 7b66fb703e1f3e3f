import { containersAsTheyStand, standingRequests } from '#lib/api/scheduling/standing.ts';
import type { Node, Pod } from '#lib/api/types/core.v1.ts';

/**
 * What happened in the cluster, as far as it may let a pod in: a node came or is another one now; a pod came to stand on a
 * node, left it, or takes another room there; something about volumes. Rule: kube-scheduler's queueing hints.
 */
export type Change =
  | { readonly what: 'node'; readonly now: Node; readonly before?: Node | undefined }
  | { readonly what: 'nodeGone'; readonly before: Node }
  | { readonly what: 'pod'; readonly now?: Pod | undefined; readonly before?: Pod | undefined }
  | { readonly what: 'volume' };

/** Whether rules look at what changed on the node: its heartbeats are no news. */
export function isNodeChange(before: Node | undefined, now: Node): boolean {
  return before === undefined || aboutNode(before) !== aboutNode(now);
}

function aboutNode({ metadata, spec, status }: Node): string {
  return JSON.stringify([metadata.labels, spec, status.allocatable, status.images, status.declaredFeatures]);
}

/** What changed about a pod that stands on a node, if rules look at that; `before`: as it stood there. */
export function podChange(before: Pod | undefined, now: Pod): Change | undefined {
  if (!before?.spec.nodeName) return { what: 'pod', now };
  const about = (pod: Pod) => {
    const { labels, deletionTimestamp } = pod.metadata;
    const containers = containersAsTheyStand(pod)?.containers ?? pod.spec.containers;
    return JSON.stringify([labels, deletionTimestamp, containers.map(({ resources }) => resources)]);
  };
  return about(before) === about(now) ? undefined : { what: 'pod', now, before };
}

/** Whether a pod left its node, or takes less room there now. */
export function makesRoom(change: Change): boolean {
  if (change.what !== 'pod' || change.before === undefined) return false;
  if (change.now === undefined) return true;
  const now = standingRequests(change.now);
  return Object.entries(standingRequests(change.before)).some(([name, amount]) => (now[name] ?? 0) < amount);
}

/** A change that cannot make a pod fit: what the scheduler itself wrote, mostly. */
export function isOnlyStatus(before: Pod, now: Pod): boolean {
  return (
    before.metadata.generation === now.metadata.generation &&
    JSON.stringify(before.spec) === JSON.stringify(now.spec) &&
    JSON.stringify(before.metadata.labels) === JSON.stringify(now.metadata.labels)
  );
}
