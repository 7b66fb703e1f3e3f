// Whether a Job may be stored. Pure. Rule: batch validation, ValidateJob and validateJobSpec.
import { at, child, invalidValue, notSupported, type Path, required, tooLong } from '../../field-errors.ts';
import { wrongDns1123Label, wrongDomainPath } from '../../names.ts';
import { isSelectedBy } from '../../selectors/labels.ts';
import type { Job, JobSpec } from '../../types/batch.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { hasWrongLabelValue, validateLabelSelector } from '../label-selector.ts';
import type { PodLeniency } from '../pod/leniency.ts';
import { validateFailurePolicy, validateSuccessPolicy } from './job-policies.ts';
import { notNegative, validateSelectedTemplate } from './template.ts';

export function validateJob({ metadata, spec }: Job): StatusCause[] {
  return [
    ...validateOwnSelector(metadata, spec!),
    ...validateJobSpec(spec!, 'spec'),
    ...validateSelector(spec!),
    ...validateHostnames(metadata.name, spec!),
  ];
}

/**
 * Unless it is made by hand, the selector is the one that was made for the job's uid, as are its pods' labels. With
 * `isOld`, the job was made when these had no prefix.
 */
export function validateOwnSelector(
  { uid = '', name = '' }: Job['metadata'],
  spec: JobSpec,
  isOld = false,
): StatusCause[] {
  const { manualSelector, selector, template } = spec;
  if (manualSelector || selector === undefined) return [];
  const causes = uid === '' ? [required('metadata.uid')] : [];
  const labels = template?.metadata?.labels ?? {};
  const own = {
    'controller-uid': uid,
    'job-name': name,
    ...(isOld ? {} : { [prefixed.uid]: uid, [prefixed.name]: name }),
  };
  for (const [label, value] of Object.entries(own)) {
    const field = at('spec.template.metadata.labels', label);
    if (labels[label] === undefined) causes.push(required(field, `must be '${value}'`));
    else if (labels[label] !== value) causes.push(invalidValue(field, labels, `must be '${value}'`));
  }
  if (!isSelectedBy(selector, own) && validateLabelSelector(selector, '').length === 0) {
    causes.push(invalidValue('spec.selector', selector, '`selector` not auto-generated'));
  }
  return causes;
}

/** Labels of pods that say of what job they are. */
export const prefixed = { uid: 'batch.kubernetes.io/controller-uid', name: 'batch.kubernetes.io/job-name' } as const;

export function validateSelector({ selector, template }: JobSpec, mayHaveAnyValue = false): StatusCause[] {
  const field = 'spec.selector';
  const causes = selector === undefined ? [required(field)] : validateLabelSelector(selector, field, mayHaveAnyValue);
  if (selector !== undefined && (causes.length > 0 || hasWrongLabelValue(selector))) return causes;
  const labels = template?.metadata?.labels ?? {};
  if (isSelectedBy(selector, labels)) return causes;
  const why = '`selector` does not match template `labels`';
  return [...causes, invalidValue('spec.template.metadata.labels', labels, why)];
}

/** Pods of an indexed Job are called after it and their index. */
function validateHostnames(name: string, { completionMode, completions = 0 }: JobSpec): StatusCause[] {
  if (completionMode !== 'Indexed' || completions <= 0 || !name) return [];
  const longest = `${name}-${completions - 1}`;
  if (wrongDns1123Label(longest).length === 0) return [];
  return [invalidValue('metadata.name', name, `will not able to create pod with invalid DNS label: ${longest}`)];
}

/** What is true of a job's spec wherever it stands. */
export function validateJobSpec(spec: JobSpec, path: Path, leniency: PodLeniency = {}): StatusCause[] {
  const { parallelism, completions, activeDeadlineSeconds, backoffLimit, ttlSecondsAfterFinished } = spec;
  const { backoffLimitPerIndex, maxFailedIndexes } = spec;
  return [
    ...notNegative({ parallelism, completions, activeDeadlineSeconds, backoffLimit, ttlSecondsAfterFinished }, path),
    ...notNegative({ backoffLimitPerIndex, maxFailedIndexes }, path),
    ...(maxFailedIndexes !== undefined && backoffLimitPerIndex === undefined
      ? [required(child(path, 'backoffLimitPerIndex'), 'when maxFailedIndexes is specified')]
      : []),
    ...validateManager(spec.managedBy, child(path, 'managedBy')),
    ...validateMode(spec, path),
    ...(spec.podFailurePolicy === undefined ? [] : validateFailurePolicy(spec, child(path, 'podFailurePolicy'))),
    ...validateSuccess(spec, child(path, 'successPolicy')),
    ...validateReplacement(spec, child(path, 'podReplacementPolicy')),
    ...validateSelectedTemplate(undefined, spec.template, { path, leniency }),
    ...validateRestart(spec, child(path, 'template', 'spec', 'restartPolicy')),
  ];
}

function validateManager(name: string | undefined, path: Path): StatusCause[] {
  if (name === undefined) return [];
  if (name === '') return [required(path)];
  const causes = wrongDomainPath(name).map(({ part, message }) => invalidValue(path, part, message));
  return name.length > longestManager ? [...causes, tooLong(path, longestManager)] : causes;
}
const longestManager = 63;

function validateMode(spec: JobSpec, path: Path): StatusCause[] {
  const { completionMode: mode = 'NonIndexed', backoffLimitPerIndex, maxFailedIndexes } = spec;
  if (mode === 'Indexed') return validateIndexed(spec, path);
  if (mode !== 'NonIndexed') return [notSupported(child(path, 'completionMode'), mode, ['Indexed', 'NonIndexed'])];
  return Object.entries({ backoffLimitPerIndex, maxFailedIndexes })
    .filter(([, value]) => value !== undefined)
    .map(([field, value]) => invalidValue(child(path, field), value, 'requires indexed completion mode'));
}

/** So that lists of indexes stay short enough to be stored. */
function validateIndexed(spec: JobSpec, path: Path): StatusCause[] {
  const { completions, parallelism = 0, maxFailedIndexes: failed, backoffLimitPerIndex } = spec;
  const causes: StatusCause[] = [];
  const refuse = (field: string, value: unknown, why: string) =>
    causes.push(invalidValue(child(path, field), value, `must be less than or equal to ${why}`));
  if (completions === undefined) {
    causes.push(required(child(path, 'completions'), 'when completion mode is Indexed'));
  }
  if (parallelism > many) refuse('parallelism', parallelism, `${many} when completion mode is Indexed`);
  if (completions !== undefined && failed !== undefined && failed > completions) {
    refuse('maxFailedIndexes', failed, 'completions');
  }
  if (failed !== undefined && failed > many) refuse('maxFailedIndexes', failed, String(many));
  if ((completions ?? 0) <= many || backoffLimitPerIndex === undefined) return causes;
  if (failed === undefined) {
    causes.push(required(child(path, 'maxFailedIndexes'), `must be specified when completions is above ${many}`));
  }
  const why = `${some} when completions are above ${many} and used with backoff limit per index`;
  if (parallelism > some) refuse('parallelism', parallelism, why);
  if (failed !== undefined && failed > some) refuse('maxFailedIndexes', failed, why);
  return causes;
}
const many = 100_000;
const some = 10_000;

function validateSuccess(spec: JobSpec, path: Path): StatusCause[] {
  if (spec.successPolicy === undefined) return [];
  if (spec.completionMode === 'Indexed') return validateSuccessPolicy(spec, path);
  return [invalidValue(path, spec.successPolicy, 'requires indexed completion mode')];
}

function validateReplacement({ podReplacementPolicy: policy, podFailurePolicy }: JobSpec, path: Path): StatusCause[] {
  // Who counts failures cannot have pods replaced before they have failed.
  const known = podFailurePolicy === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed'];
  return policy === undefined || known.includes(policy) ? [] : [notSupported(path, policy, known)];
}

function validateRestart({ template, podFailurePolicy }: JobSpec, path: Path): StatusCause[] {
  const policy = template?.spec?.restartPolicy;
  if (!policy || policy === 'Always') return [required(path, 'valid values: "OnFailure", "Never"')];
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(path, policy, ['Never', 'OnFailure'])];
  if (podFailurePolicy !== undefined && policy !== 'Never') {
    return [invalidValue(path, policy, 'only "Never" is supported when podFailurePolicy is specified')];
  }
  return [];
}

export function jobTemplateForbidsSelector(spec: JobSpec, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  if (spec.selector !== undefined) {
    causes.push(invalidValue(child(path, 'selector'), spec.selector, '`selector` will be auto-generated'));
  }
  if (spec.manualSelector)
    causes.push(notSupported(child(path, 'manualSelector'), spec.manualSelector, ['nil', 'false']));
  return causes;
}
