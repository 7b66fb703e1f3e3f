import { tolerates, untolerated } from '#lib/api/scheduling/tolerations.ts';
import type { Taint } from '#lib/api/types/core.v1.ts';
import type { Plugin } from '../plugin.ts';
import { proportional } from '../plugin.ts';

const unschedulableTaint: Taint = { key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' };

export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  filter(pod, { node }) {
    if (!node.spec.unschedulable) return undefined;
    if (pod.spec.tolerations?.some((toleration) => tolerates(toleration, unschedulableTaint))) return undefined;
    return { reasons: ['node(s) were unschedulable'], isFinal: true };
  },
};

export const nodeName: Plugin = {
  name: 'NodeName',
  filter(pod, { node }) {
    if (!pod.spec.nodeName || pod.spec.nodeName === node.metadata.name) return undefined;
    return { reasons: ["node(s) didn't match the requested node name"], isFinal: true };
  },
};

export const taintToleration: Plugin = {
  name: 'TaintToleration',
  weight: 3,
  filter(pod, { node }) {
    const taint = untolerated(node.spec.taints, pod.spec.tolerations, ['NoSchedule', 'NoExecute']);
    if (taint === undefined) return undefined;
    const text = `${taint.key}: ${taint.value ?? ''}`;
    return { reasons: [`node(s) had untolerated taint {${text}}`], isFinal: true };
  },
  score(pod, { node }) {
    const soft = (pod.spec.tolerations ?? []).filter((t) => !t.effect || t.effect === 'PreferNoSchedule');
    const preferred = (node.spec.taints ?? []).filter((taint) => taint.effect === 'PreferNoSchedule');
    return preferred.filter((taint) => !soft.some((toleration) => tolerates(toleration, taint))).length;
  },
  normalize: (scores) => proportional(scores, true),
};
