import {
  at,
  child,
  duplicate,
  invalidValue,
  notSupported,
  notSupportedInOrder,
  type Path,
  required,
} from '../../field-errors.ts';
import { wrongLabelValue, wrongQualifiedName } from '../../names.ts';
import type { PodSpec, Toleration, TopologySpreadConstraint } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { validateLabelSelector } from '../label-selector.ts';
import { validateLabels } from '../metadata.ts';
import { validateLabelKeys } from './label-keys.ts';
import type { PodLeniency } from './leniency.ts';
import { validateAffinity } from './validate-affinity.ts';

export function validateScheduling(spec: PodSpec, path: Path, leniency: PodLeniency): StatusCause[] {
  return [
    ...validateLabels(spec.nodeSelector, child(path, 'nodeSelector')),
    ...validateAffinity(spec.affinity, child(path, 'affinity'), leniency),
    ...validateTolerations(spec.tolerations ?? [], child(path, 'tolerations')),
    ...validateSpread(spec.topologySpreadConstraints ?? [], child(path, 'topologySpreadConstraints'), leniency),
    ...validateGates(spec, child(path, 'schedulingGates')),
    ...validatePriority(spec, path),
  ];
}

/** Rule: core validation ValidateTolerations. */
export function validateTolerations(tolerations: readonly Toleration[], path: Path): StatusCause[] {
  return tolerations.flatMap((toleration, index) => validateToleration(toleration, at(path, index)));
}

/** As upstream lists them. */
export const taintEffects: readonly string[] = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function validateToleration(
  { key, operator, value, effect, tolerationSeconds }: Toleration,
  path: Path,
): StatusCause[] {
  const causes: StatusCause[] = [];
  if (key) causes.push(...wrongQualifiedName(key).map((message) => invalidValue(child(path, 'key'), key, message)));
  if (!key && operator !== 'Exists') {
    const detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    causes.push(invalidValue(child(path, 'operator'), operator ?? '', detail));
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    const detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
    causes.push(invalidValue(child(path, 'effect'), effect ?? '', detail));
  }
  const field = child(path, 'operator');
  const wrong = wrongLabelValue(value ?? '');
  switch (operator ?? '') {
    case '':
    case 'Equal':
      if (wrong.length > 0) causes.push(invalidValue(field, value, wrong.join(';')));
      break;
    case 'Exists':
      if (value) causes.push(invalidValue(field, value, "value must be empty when `operator` is 'Exists'"));
      break;
    case 'Lt':
    case 'Gt':
      causes.push(notSupportedInOrder(field, operator, ['Equal', 'Exists', 'Lt', 'Gt']));
      break;
    default:
      causes.push(notSupportedInOrder(field, operator, ['Equal', 'Exists']));
  }
  if (effect && !taintEffects.includes(effect)) {
    causes.push(notSupportedInOrder(child(path, 'effect'), effect, taintEffects));
  }
  return causes;
}

function validateSpread(
  constraints: readonly TopologySpreadConstraint[],
  path: Path,
  leniency: PodLeniency,
): StatusCause[] {
  const pairOf = (one: TopologySpreadConstraint) => `{${one.topologyKey ?? ''}, ${one.whenUnsatisfiable ?? ''}}`;
  const pairs = constraints.map(pairOf);
  return constraints.flatMap((one, index) => {
    const field = at(path, index);
    // The first of two is told, not the second.
    const isTwice = pairs.indexOf(pairs[index]!, index + 1) !== -1;
    const twice = isTwice ? [duplicate(child(field, '{topologyKey, whenUnsatisfiable}'), pairs[index])] : [];
    return [...validateConstraint(one, field, leniency), ...twice];
  });
}

function validateConstraint(
  one: TopologySpreadConstraint,
  path: Path,
  { anySpreadKeys, anySpreadSelector }: PodLeniency,
): StatusCause[] {
  const causes: StatusCause[] = [];
  const actions = ['DoNotSchedule', 'ScheduleAnyway'];
  if (!(one.maxSkew > 0))
    causes.push(invalidValue(child(path, 'maxSkew'), one.maxSkew ?? 0, 'must be greater than zero'));
  if (!one.topologyKey) causes.push(required(child(path, 'topologyKey'), 'can not be empty'));
  if (!actions.includes(one.whenUnsatisfiable)) {
    causes.push(notSupported(child(path, 'whenUnsatisfiable'), one.whenUnsatisfiable ?? '', actions));
  }
  if (one.minDomains !== undefined) {
    if (one.minDomains <= 0)
      causes.push(invalidValue(child(path, 'minDomains'), one.minDomains, 'must be greater than zero'));
    if (one.whenUnsatisfiable !== 'DoNotSchedule') {
      const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${one.whenUnsatisfiable ?? ''}`;
      causes.push(invalidValue(child(path, 'minDomains'), one.minDomains, detail));
    }
  }
  for (const field of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
    const value = one[field];
    if (value !== undefined && !['Honor', 'Ignore'].includes(value)) {
      causes.push(notSupported(child(path, field), value, ['Honor', 'Ignore']));
    }
  }
  if (!anySpreadKeys) causes.push(...validateLabelKeys(one, path));
  if (anySpreadSelector) return causes;
  return [...causes, ...validateLabelSelector(one.labelSelector, child(path, 'labelSelector'))];
}

function validateGates({ schedulingGates }: PodSpec, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const taken = new Set<string>();
  for (const [index, { name }] of (schedulingGates ?? []).entries()) {
    const field = at(path, index);
    causes.push(...wrongQualifiedName(name ?? '').map((message) => invalidValue(field, name, message)));
    if (taken.has(name)) causes.push(duplicate(field, name));
    taken.add(name);
  }
  return causes;
}

function validatePriority({ preemptionPolicy }: PodSpec, path: Path): StatusCause[] {
  const policies = ['PreemptLowerPriority', 'Never'];
  const field = child(path, 'preemptionPolicy');
  if (preemptionPolicy === undefined || policies.includes(preemptionPolicy)) return [];
  return [preemptionPolicy ? notSupportedInOrder(field, preemptionPolicy, policies) : required(field)];
}
