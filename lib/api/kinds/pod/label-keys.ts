// Labels by which a pod says "like mine" in its affinity and spread. Pure.
// Rule: registry/core/pod strategy, applyLabelKeysToLabelSelector; core validation of matchLabelKeys.
import { at, child, forbiddenField, invalidValue, type Path } from '../../field-errors.ts';
import { wrongQualifiedName } from '../../names.ts';
import type { Pod, PodAffinity, PodAffinityTerm, TopologySpreadConstraint } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { Mutable } from '../object.ts';

type Term = Pick<PodAffinityTerm, 'labelSelector' | 'matchLabelKeys' | 'mismatchLabelKeys'>;

/** Writes the values that the pod has at its creation into its selectors: they hold for good. */
export function fixLabelKeys(pod: Mutable<Pod>): void {
  if (fixed.has(pod)) return; // it comes again where its generated name was taken
  fixed.add(pod);
  const { metadata, spec } = pod;
  const labels = metadata?.labels ?? {};
  const { podAffinity, podAntiAffinity } = spec?.affinity ?? {};
  for (const term of [...termsOf(podAffinity), ...termsOf(podAntiAffinity)]) fix(term, labels);
  for (const constraint of spec?.topologySpreadConstraints ?? []) fix(constraint, labels);
}

const fixed = new WeakSet<object>();

function termsOf(affinity: Mutable<PodAffinity> | undefined): readonly (Mutable<Term> | undefined)[] {
  const wished = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const needed = affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  return [...wished.map(({ podAffinityTerm }) => podAffinityTerm), ...needed];
}

function fix(term: Mutable<Term> | undefined, labels: Readonly<Record<string, string>>): void {
  if (term?.labelSelector === undefined) return; // it selects nothing, whatever is added
  for (const [keys, operator] of [
    [term.matchLabelKeys, 'In'],
    [term.mismatchLabelKeys, 'NotIn'],
  ] as const) {
    for (const key of keys ?? []) {
      const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
      if (value === undefined) continue;
      term.labelSelector.matchExpressions ??= [];
      term.labelSelector.matchExpressions.push({ key, operator, values: [value] });
    }
  }
}

/** After the pod's own values have been written into the selector: a key that it names itself is there twice then. */
export function validateLabelKeys(term: Term | TopologySpreadConstraint, path: Path): StatusCause[] {
  const { labelSelector, matchLabelKeys: same = [] } = term;
  const other = ('mismatchLabelKeys' in term && term.mismatchLabelKeys) || [];
  const causes = [
    ...validateKeys(same, labelSelector, child(path, 'matchLabelKeys')),
    ...validateKeys(other, labelSelector, child(path, 'mismatchLabelKeys')),
  ];
  const taken = new Set(Object.keys(labelSelector?.matchLabels ?? {}));
  for (const { key } of labelSelector?.matchExpressions ?? []) {
    if (same.includes(key) && taken.has(key)) {
      causes.push(invalidValue(at(path, same.indexOf(key)), key, 'exists in both matchLabelKeys and labelSelector'));
    }
    taken.add(key);
  }
  for (const [index, key] of same.entries()) {
    if (!other.includes(key)) continue;
    const field = at(child(path, 'matchLabelKeys'), index);
    causes.push(invalidValue(field, key, 'exists in both matchLabelKeys and mismatchLabelKeys'));
  }
  return causes;
}

function validateKeys(keys: readonly string[], selector: Term['labelSelector'], path: Path): StatusCause[] {
  if (keys.length === 0) return [];
  if (selector === undefined) return [forbiddenField(path, 'must not be specified when labelSelector is not set')];
  return keys.flatMap((key, index) => wrongQualifiedName(key).map((why) => invalidValue(at(path, index), key, why)));
}
