import { matchesNode, matchesTerm } from '#lib/api/scheduling/matches-node.ts';
import type { NodeAffinity, NodeSelector, NodeSelectorTerm, Pod } from '#lib/api/types/core.v1.ts';
import { type Plugin, proportional, type Refusal, skip } from '../plugin.ts';

export interface NodeAffinityArgs {
  /** Holds for every pod of the profile, besides its own. */
  readonly addedAffinity?: NodeAffinity;
}

export function createNodeAffinity({ addedAffinity }: NodeAffinityArgs = {}): Plugin {
  const added = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const addedPreferred = addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return {
    name: 'NodeAffinity',
    weight: 2,
    narrow: namesOf,
    prepare: (pod) => (requiredOf(pod) || pod.spec.nodeSelector || added ? undefined : skip),
    filter(pod, { node }) {
      if (added !== undefined && !(added.nodeSelectorTerms ?? []).some((term) => matchesTerm(term, node)))
        return enforced;
      return matchesNode(pod, node) ? undefined : refused;
    },
    prepareScore(pod) {
      const own = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
      const preferred = [...own, ...addedPreferred];
      return preferred.length === 0 ? skip : preferred;
    },
    score(_pod, { node }, preferred) {
      return (preferred as typeof addedPreferred)
        .filter(({ preference }) => matchesTerm(preference ?? {}, node))
        .reduce((total, { weight }) => total + (weight ?? 0), 0);
    },
    normalize: (scores) => proportional(scores),
    helps: (pod, change) => change.what === 'node' && matchesNode(pod, change.now),
  };
}

export const nodeAffinity: Plugin = createNodeAffinity();

const refused: Refusal = { reasons: ["node(s) didn't match Pod's node affinity/selector"], isFinal: true };
const enforced: Refusal = { reasons: ["node(s) didn't match scheduler-enforced node affinity"], isFinal: true };

function requiredOf({ spec }: Pod): NodeSelector | undefined {
  return spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
}

/** The nodes that every one of the terms names, as a DaemonSet's pod has it: no other need be looked at. */
function namesOf(pod: Pod): readonly string[] | undefined {
  const terms = requiredOf(pod)?.nodeSelectorTerms ?? [];
  if (terms.length === 0) return undefined;
  const named = terms.map(namedBy);
  return named.every((names) => names !== undefined) ? [...new Set(named.flat())] : undefined;
}

function namedBy({ matchFields }: NodeSelectorTerm): readonly string[] | undefined {
  const names = matchFields?.filter(({ key, operator }) => key === 'metadata.name' && operator === 'In');
  return names?.length === 1 ? names[0]!.values : undefined;
}
