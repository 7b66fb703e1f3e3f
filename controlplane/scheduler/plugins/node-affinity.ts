import { matchesNode, matchesTerm } from '#lib/api/scheduling/matches-node.ts';
import { type Plugin, proportional } from '../plugin.ts';

export const nodeAffinity: Plugin = {
  name: 'NodeAffinity',
  weight: 2,
  filter(pod, { node }) {
    if (matchesNode(pod, node)) return undefined;
    return { reasons: ["node(s) didn't match Pod's node affinity/selector"], isFinal: true };
  },
  score(pod, { node }) {
    const preferred = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    return preferred
      .filter(({ preference }) => matchesTerm(preference ?? {}, node))
      .reduce((total, { weight }) => total + (weight ?? 0), 0);
  },
  normalize: (scores) => proportional(scores),
};
