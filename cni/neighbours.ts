import type { Node } from '#lib/api/types/core.v1.ts';
import type { Neighbour } from './routes/plan.ts';

/** What the pod network asks of a node. */
export function neighbourOf(node: Node): Neighbour {
  return {
    name: node.metadata.name,
    podCidrs: podCidrsOf(node),
    internalIps: (node.status?.addresses ?? []).flatMap(({ type, address }) =>
      type === 'InternalIP' ? [address] : [],
    ),
  };
}

export function podCidrsOf(node: Node | undefined): readonly string[] {
  if (node?.spec?.podCIDRs?.length) return node.spec.podCIDRs;
  return node?.spec?.podCIDR ? [node.spec.podCIDR] : [];
}

/** Nodes change every few seconds, and mostly in nothing that matters here. */
export function matters(now: Node, before: Node): boolean {
  return JSON.stringify(neighbourOf(now)) !== JSON.stringify(neighbourOf(before));
}
