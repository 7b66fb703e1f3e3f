import { tolerates, untolerated } from '#lib/api/scheduling/tolerations.ts';
import type { Node, Pod, Taint, Toleration } from '#lib/api/types/core.v1.ts';
import { type Plugin, proportional, type Refusal, skip } from '../plugin.ts';

const unschedulableTaint: Taint = { key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' };

export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  filter(pod, { node }) {
    if (!node.spec.unschedulable) return undefined;
    if (pod.spec.tolerations?.some((toleration) => tolerates(toleration, unschedulableTaint))) return undefined;
    return { reasons: ['node(s) were unschedulable'], isFinal: true };
  },
  helps: (_pod, change) => change.what === 'node' && !change.now.spec.unschedulable,
};

export const nodeName: Plugin = {
  name: 'NodeName',
  prepare: ({ spec }) => (spec.nodeName ? undefined : skip),
  filter(pod, { node }) {
    if (pod.spec.nodeName === node.metadata.name) return undefined;
    return { reasons: ["node(s) didn't match the requested node name"], isFinal: true };
  },
};

export const taintToleration: Plugin = {
  name: 'TaintToleration',
  weight: 3,
  filter(pod, { node }) {
    if (node.spec.taints === undefined) return undefined;
    return hardTaint(pod, node) === undefined ? undefined : untoleratedOnes;
  },
  prepareScore(pod, _world, feasible) {
    if (feasible.every(({ node }) => node.spec.taints === undefined)) return skip;
    return (pod.spec.tolerations ?? []).filter(({ effect }) => !effect || effect === 'PreferNoSchedule');
  },
  score(_pod, { node }, tolerations) {
    const soft = tolerations as readonly Toleration[];
    const preferred = (node.spec.taints ?? []).filter((taint) => taint.effect === 'PreferNoSchedule');
    return preferred.filter((taint) => !soft.some((toleration) => tolerates(toleration, taint))).length;
  },
  normalize: (scores) => proportional(scores, true),
  helps: (pod, change) => change.what === 'node' && hardTaint(pod, change.now) === undefined,
};

/** Without naming them, since v1.35: nodes with taints of their own would make a reason each. */
const untoleratedOnes: Refusal = { reasons: ['node(s) had untolerated taint(s)'], isFinal: true };

function hardTaint(pod: Pod, { spec }: Node): Taint | undefined {
  return untolerated(spec.taints, pod.spec.tolerations, ['NoSchedule', 'NoExecute']);
}
