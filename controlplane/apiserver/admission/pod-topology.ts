import type { Node } from '#lib/api/types/core.v1.ts';
import type { Plugin } from './admission.ts';

export interface PodTopologyOptions {
  nodeNamed(name: string): Node | undefined;
}

/** A pod that is bound to a node bears the labels of its zone and region. Rule: PodTopologyLabels admission. */
export function createPodTopology({ nodeNamed }: PodTopologyOptions): Plugin {
  return {
    name: 'PodTopologyLabels',
    mutate({ group, resource, subresource, object }) {
      if (group !== '' || resource !== 'pods' || subresource !== 'binding') return;
      const { target } = object as unknown as { readonly target?: { readonly name?: string } };
      const labels = nodeNamed(target?.name ?? '')?.metadata.labels;
      const topology = Object.entries(labels ?? {}).filter(([key]) => keys.includes(key));
      if (topology.length > 0)
        object!.metadata.labels = { ...object!.metadata.labels, ...Object.fromEntries(topology) };
    },
  };
}
const keys = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];
