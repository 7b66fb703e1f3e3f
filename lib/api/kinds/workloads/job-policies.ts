// When a Job counts as failed, and when as done before all of it is. Pure. Rule: batch validation,
// validatePodFailurePolicy, validateSuccessPolicy.
import {
  at,
  child,
  duplicate,
  invalidHidden,
  invalidValue,
  notSupported,
  type Path,
  required,
  tooLong,
  tooMany,
} from '../../field-errors.ts';
import { wrongQualifiedName } from '../../names.ts';
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from '../../types/batch.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { countIndexes } from './job-indexes.ts';

const mostRules = 20;
const mostExitCodes = 255;
const mostPatterns = 20;
const longestIndexes = 64 * 1024;

export function validateFailurePolicy(spec: JobSpec, path: Path): StatusCause[] {
  const { rules = [] } = spec.podFailurePolicy ?? {};
  const field = child(path, 'rules');
  const { containers = [], initContainers = [] } = spec.template?.spec ?? {};
  const names = [...containers, ...initContainers].map(({ name }) => name);
  return [
    ...(rules.length > mostRules ? [tooMany(field, rules.length, mostRules)] : []),
    ...rules.flatMap((rule, index) => validateRule(rule, spec, names, at(field, index))),
  ];
}

const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore'];

function validateRule(
  { action, onExitCodes, onPodConditions = [] }: PodFailurePolicyRule,
  { backoffLimitPerIndex }: JobSpec,
  names: readonly string[],
  path: Path,
): StatusCause[] {
  const field = child(path, 'action');
  const causes = oneOf(action, actions, field);
  if (action === 'FailIndex' && backoffLimitPerIndex === undefined) {
    causes.push(invalidValue(field, action, 'requires the backoffLimitPerIndex to be set'));
  }
  if (onExitCodes !== undefined) causes.push(...validateExitCodes(onExitCodes, names, child(path, 'onExitCodes')));
  causes.push(...validatePatterns(onPodConditions, child(path, 'onPodConditions')));
  if (onExitCodes !== undefined && onPodConditions.length > 0) {
    causes.push(invalidHidden(path, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  }
  if (onExitCodes === undefined && onPodConditions.length === 0) {
    causes.push(invalidHidden(path, 'specifying one of OnExitCodes and OnPodConditions is required'));
  }
  return causes;
}

function oneOf(value: string | undefined, known: readonly string[], field: Path): StatusCause[] {
  if (!value) return [required(field, `valid values: [${known.map((one) => JSON.stringify(one)).join(' ')}]`)];
  return known.includes(value) ? [] : [notSupported(field, value, known)];
}

function validatePatterns(patterns: readonly PodFailurePolicyOnPodConditionsPattern[], path: Path): StatusCause[] {
  const causes = patterns.length > mostPatterns ? [tooMany(path, patterns.length, mostPatterns)] : [];
  for (const [index, { type, status }] of patterns.entries()) {
    const field = child(at(path, index), 'type');
    causes.push(...wrongQualifiedName(type ?? '').map((message) => invalidValue(field, type ?? '', message)));
    causes.push(...oneOf(status, ['False', 'True', 'Unknown'], child(at(path, index), 'status')));
  }
  return causes;
}

function validateExitCodes(
  { operator, containerName, values = [] }: PodFailurePolicyOnExitCodesRequirement,
  names: readonly string[],
  path: Path,
): StatusCause[] {
  const causes = oneOf(operator, ['In', 'NotIn'], child(path, 'operator'));
  if (containerName !== undefined && !names.includes(containerName)) {
    const why = 'must be one of the container or initContainer names in the pod template';
    causes.push(invalidValue(child(path, 'containerName'), containerName, why));
  }
  const field = child(path, 'values');
  if (values.length === 0) causes.push(invalidValue(field, values, 'at least one value is required'));
  if (values.length > mostExitCodes) causes.push(tooMany(field, values.length, mostExitCodes));
  const seen = new Set<number>();
  for (const [index, code] of values.entries()) {
    if (operator === 'In' && code === 0) {
      causes.push(invalidValue(at(field, index), code, 'must not be 0 for the In operator'));
    }
    if (seen.has(code)) causes.push(duplicate(at(field, index), code));
    seen.add(code);
  }
  const isOrdered = values.every((code, index) => index === 0 || values[index - 1]! <= code);
  return isOrdered ? causes : [...causes, invalidValue(field, values, 'must be ordered')];
}

export function validateSuccessPolicy({ successPolicy, completions = 0 }: JobSpec, path: Path): StatusCause[] {
  const { rules = [] } = successPolicy ?? {};
  const field = child(path, 'rules');
  if (rules.length === 0) {
    return [required(field, 'at least one rules must be specified when the successPolicy is specified')];
  }
  return [
    ...(rules.length > mostRules ? [tooMany(field, rules.length, mostRules)] : []),
    ...rules.flatMap((rule, index) => validateSuccessRule(rule, completions, at(field, index))),
  ];
}

function validateSuccessRule(
  { succeededCount: count, succeededIndexes: indexes }: SuccessPolicyRule,
  completions: number,
  path: Path,
): StatusCause[] {
  if (count === undefined && indexes === undefined) {
    return [required(path, 'at least one of succeededCount or succeededIndexes must be specified')];
  }
  const causes: StatusCause[] = [];
  const total = countIndexes(indexes ?? '', completions);
  const field = child(path, 'succeededIndexes');
  if ((indexes ?? '').length > longestIndexes) causes.push(tooLong(field, longestIndexes));
  if (typeof total === 'string') causes.push(invalidValue(field, indexes, `error parsing succeededIndexes: ${total}`));
  if (count === undefined) return causes;
  const refuse = (why: string) => causes.push(invalidValue(child(path, 'succeededCount'), count, why));
  const known = typeof total === 'string' ? 0 : total;
  if (count < 0) refuse('must be greater than or equal to 0');
  if (count > completions) {
    refuse(`must be less than or equal to ${completions} (the number of specified completions)`);
  }
  if (indexes !== undefined && count > known) {
    refuse(`must be less than or equal to ${known} (the number of indexes in the specified succeededIndexes field)`);
  }
  return causes;
}
