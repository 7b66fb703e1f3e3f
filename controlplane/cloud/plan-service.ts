// Which Services get a load balancer of the cloud, and which nodes take its traffic. Rule: cloud-provider's service controller.
import type { Node, Service } from '#lib/api/types/core.v1.ts';

export const cleanup = 'service.kubernetes.io/load-balancer-cleanup';

/** Services of a class are somebody else's. */
export function wantsBalancer({ metadata, spec }: Service): boolean {
  return spec?.type === 'LoadBalancer' && !spec.loadBalancerClass && metadata.deletionTimestamp === undefined;
}

export function mayHaveBalancer({ metadata }: Service): boolean {
  return metadata.finalizers?.includes(cleanup) === true;
}

export function balancedNodes(nodes: Iterable<Node>): readonly Node[] {
  return [...nodes].filter(({ metadata, spec }) => {
    if (metadata.deletionTimestamp !== undefined) return false;
    if (metadata.labels?.['node.kubernetes.io/exclude-from-external-load-balancers'] !== undefined) return false;
    return !spec.taints?.some(({ key }) => key === 'ToBeDeletedByClusterAutoscaler');
  });
}
