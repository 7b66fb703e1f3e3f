import type { Mutable } from '#lib/api/kinds/object.ts';
import type { Node } from '#lib/api/types/core.v1.ts';
import type { Plugin } from './admission.ts';

const key = 'node.kubernetes.io/not-ready';

/** A new node takes pods only once it has said that it is ready. Rule: TaintNodesByCondition admission. */
export const taintNodes: Plugin = {
  name: 'TaintNodesByCondition',
  mutate({ operation, group, resource, subresource, object }) {
    if (operation !== 'CREATE' || group !== '' || resource !== 'nodes' || subresource !== '') return;
    const node = object as unknown as Mutable<Node>;
    node.spec ??= {};
    const taints = node.spec.taints ?? [];
    if (taints.some((taint) => taint.key === key && taint.effect === 'NoSchedule')) return;
    node.spec.taints = [...taints, { key, effect: 'NoSchedule' }];
  },
};
