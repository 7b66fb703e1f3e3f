import { at, child, forbiddenField, invalidValue, type Path, required } from '../../field-errors.ts';
import {
  type NameRule,
  wrongDns1123Label,
  wrongDns1123Subdomain,
  wrongLabelValue,
  wrongQualifiedName,
} from '../../names.ts';
import type {
  Affinity,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
} from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { validateLabelSelector } from '../label-selector.ts';
import { validateLabelKeys } from './label-keys.ts';
import type { PodLeniency } from './leniency.ts';

const must = 'requiredDuringSchedulingIgnoredDuringExecution';
const should = 'preferredDuringSchedulingIgnoredDuringExecution';

export function validateAffinity(
  affinity: Affinity | undefined,
  path: Path,
  { anyLabelValue, anyNodeLabelValue }: PodLeniency = {},
): StatusCause[] {
  if (affinity === undefined) return [];
  const causes: StatusCause[] = [];
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity;
  if (nodeAffinity?.[must] !== undefined) {
    const terms = nodeAffinity[must].nodeSelectorTerms ?? [];
    causes.push(...validateNodeSelector(terms, child(path, 'nodeAffinity', must), anyNodeLabelValue));
  }
  for (const [index, { weight, preference }] of (nodeAffinity?.[should] ?? []).entries()) {
    const field = at(child(path, 'nodeAffinity', should), index);
    // Values that no label has do no harm to a wish.
    causes.push(...validateWeight(weight, field), ...validateTerm(preference ?? {}, child(field, 'preference'), true));
  }
  return [
    ...causes,
    ...validatePodAffinity(podAffinity ?? {}, child(path, 'podAffinity'), anyLabelValue),
    ...validatePodAffinity(podAntiAffinity ?? {}, child(path, 'podAntiAffinity'), anyLabelValue),
  ];
}

/** Rule: core validation ValidateNodeSelector. */
export function validateNodeSelector(
  terms: readonly NodeSelectorTerm[],
  path: Path,
  mayHaveAnyValue = false,
): StatusCause[] {
  const field = child(path, 'nodeSelectorTerms');
  if (terms.length === 0) return [required(field, 'must have at least one node selector term')];
  return terms.flatMap((term, index) => validateTerm(term, at(field, index), mayHaveAnyValue));
}

/** Rule: core helper HasInvalidLabelValueInNodeSelectorTerms. */
export function hasWrongNodeValue(terms: readonly NodeSelectorTerm[]): boolean {
  const values = terms.flatMap(({ matchExpressions = [] }) => matchExpressions.flatMap((one) => one.values ?? []));
  return values.some((value) => wrongLabelValue(value).length > 0);
}

function validateTerm(
  { matchExpressions, matchFields }: NodeSelectorTerm,
  path: Path,
  mayHaveAnyValue = false,
): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [index, one] of (matchExpressions ?? []).entries()) {
    const field = at(child(path, 'matchExpressions'), index);
    causes.push(...validateRequirement(one, field));
    if (mayHaveAnyValue) continue;
    causes.push(...validateValues(one.values, child(field, 'values'), wrongLabelValue));
  }
  for (const [index, one] of (matchFields ?? []).entries()) {
    causes.push(...validateFieldRequirement(one, at(child(path, 'matchFields'), index)));
  }
  return causes;
}

function validateRequirement({ key, operator, values }: NodeSelectorRequirement, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const count = (values ?? []).length;
  const field = child(path, 'values');
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (count === 0) causes.push(required(field, "must be specified when `operator` is 'In' or 'NotIn'"));
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (count > 0)
        causes.push(forbiddenField(field, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      break;
    case 'Gt':
    case 'Lt':
      if (count !== 1) causes.push(required(field, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
      break;
    default:
      causes.push(invalidValue(child(path, 'operator'), operator ?? '', 'not a valid selector operator'));
  }
  return [...causes, ...wrongQualifiedName(key ?? '').map((message) => invalidValue(child(path, 'key'), key, message))];
}

function validateValues(values: readonly string[] | undefined, path: Path, wrong: NameRule): StatusCause[] {
  return (values ?? []).flatMap((value, index) =>
    wrong(value).map((message) => invalidValue(at(path, index), value, message)),
  );
}

function validateFieldRequirement({ key, operator, values }: NodeSelectorRequirement, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const field = child(path, 'values');
  if (operator !== 'In' && operator !== 'NotIn') {
    causes.push(invalidValue(child(path, 'operator'), operator ?? '', 'not a valid selector operator'));
  } else if ((values ?? []).length !== 1) {
    const why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    causes.push(required(field, why));
  }
  if (key === 'metadata.name') return [...causes, ...validateValues(values, field, wrongDns1123Subdomain)];
  return [...causes, invalidValue(child(path, 'key'), key ?? '', 'not a valid field selector key')];
}

function validatePodAffinity(affinity: PodAffinity, path: Path, mayHaveAnyValue = false): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [index, term] of (affinity[must] ?? []).entries()) {
    causes.push(...validatePodTerm(term, at(child(path, must), index), mayHaveAnyValue));
  }
  for (const [index, { weight, podAffinityTerm }] of (affinity[should] ?? []).entries()) {
    const field = at(child(path, should), index);
    causes.push(
      ...validateWeight(weight, field),
      ...validatePodTerm(podAffinityTerm ?? { topologyKey: '' }, child(field, 'podAffinityTerm'), mayHaveAnyValue),
    );
  }
  return causes;
}

function validatePodTerm(term: PodAffinityTerm, path: Path, mayHaveAnyValue: boolean): StatusCause[] {
  const causes = [
    ...validateLabelSelector(term.labelSelector, child(path, 'labelSelector'), mayHaveAnyValue),
    ...validateLabelSelector(term.namespaceSelector, child(path, 'namespaceSelector'), mayHaveAnyValue),
    ...validateLabelKeys(term, path),
  ];
  for (const namespace of term.namespaces ?? []) {
    causes.push(
      ...wrongDns1123Label(namespace).map((message) => invalidValue(child(path, 'namespace'), namespace, message)),
    );
  }
  const key = child(path, 'topologyKey');
  if (!term.topologyKey) causes.push(required(key, 'can not be empty'));
  return [
    ...causes,
    ...wrongQualifiedName(term.topologyKey ?? '').map((message) => invalidValue(key, term.topologyKey, message)),
  ];
}

function validateWeight(weight: number, path: Path): StatusCause[] {
  return weight >= 1 && weight <= 100
    ? []
    : [invalidValue(child(path, 'weight'), weight ?? 0, 'must be in the range 1-100')];
}
