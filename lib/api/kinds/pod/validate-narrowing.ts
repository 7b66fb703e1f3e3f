// As long as a pod is held back from scheduling, its demands on nodes may become narrower. Pure.
// Rule: core validation validateNodeSelectorMutation, validateNodeAffinityMutation.
import { at, child, invalidValue } from '../../field-errors.ts';
import type { NodeSelectorTerm, PodSpec } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { isSame } from '../equal.ts';

const must = 'requiredDuringSchedulingIgnoredDuringExecution';

/** `next` with those demands put back that are judged here. */
export function narrowed(next: PodSpec, old: PodSpec): Partial<PodSpec> {
  const { nodeAffinity } = old.affinity ?? {};
  const affinity = { ...next.affinity, nodeAffinity };
  const isNone = Object.values(affinity).every((one) => one === undefined);
  return { nodeSelector: old.nodeSelector, affinity: isNone ? old.affinity : affinity };
}

export function validateNarrowing(next: PodSpec, old: PodSpec): StatusCause[] {
  const isKept = Object.entries(old.nodeSelector ?? {}).every(([key, value]) => next.nodeSelector?.[key] === value);
  const why = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
  const causes = isKept ? [] : [invalidValue('spec.nodeSelector', next.nodeSelector, why)];
  return [...causes, ...validateTerms(termsOf(next), termsOf(old))];
}

function termsOf({ affinity }: PodSpec): readonly NodeSelectorTerm[] {
  return affinity?.nodeAffinity?.[must]?.nodeSelectorTerms ?? [];
}

function validateTerms(next: readonly NodeSelectorTerm[], old: readonly NodeSelectorTerm[]): StatusCause[] {
  const path = child('spec.affinity.nodeAffinity', must, 'nodeSelectorTerms');
  if (old.length === 0) return [];
  if (next.length !== old.length) {
    return [invalidValue(path, next, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')];
  }
  const why = 'only additions are allowed (no mutations or deletions)';
  return next.flatMap((term, index) =>
    isNarrower(term, old[index]!) ? [] : [invalidValue(at(path, index), term, why)],
  );
}

/** What asks for nothing selects nothing: it cannot be narrowed. */
function isNarrower(next: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const lists = ['matchExpressions', 'matchFields'] as const;
  if (lists.every((list) => (old[list] ?? []).length === 0)) return isSame(next, old);
  return lists.every((list) => {
    const had = old[list] ?? [];
    return had.length === 0 || isSame((next[list] ?? []).slice(0, had.length), had);
  });
}
