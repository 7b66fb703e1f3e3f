import { matchesLabels, type Requirement } from '../selectors/labels.ts';
import type { Node, NodeSelectorRequirement, NodeSelectorTerm, Pod } from '../types/core.v1.ts';

/** Whether the node selector and the required node affinity let the pod onto the node. */
export function matchesNode({ spec }: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  for (const [key, value] of Object.entries(spec.nodeSelector ?? {})) if (labels[key] !== value) return false;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required === undefined) return true;
  return (required.nodeSelectorTerms ?? []).some((term) => !isEmpty(term) && matchesTerm(term, node));
}

function isEmpty(term: NodeSelectorTerm): boolean {
  return (term.matchExpressions?.length ?? 0) + (term.matchFields?.length ?? 0) === 0;
}

/** An empty term matches every node. */
export function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const fields = { 'metadata.name': node.metadata.name };
  return (
    matchesLabels((term.matchExpressions ?? []).map(requirement), node.metadata.labels) &&
    matchesLabels((term.matchFields ?? []).map(requirement), fields)
  );
}

function requirement({ key, operator, values }: NodeSelectorRequirement): Requirement {
  return { key, operator: operator as Requirement['operator'], values: values ?? [] };
}
