import { child, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import type { Job, JobSpec } from '../../types/batch.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { humanDuration } from '../duration.ts';
import { isSame } from '../equal.ts';
import { validateLabelSelector } from '../label-selector.ts';
import { immutable } from '../metadata.ts';
import type { Mutable } from '../object.ts';
import { defaultPodTemplate } from '../pod/defaults.ts';
import { jobWarnings } from '../warnings/workloads.ts';
import { containerImages, containerNames, notNegative, selectorCell, validateSelectedTemplate } from './template.ts';
import { validateJobStatus } from './validate-job-status.ts';

export const job: KindParts<Job> = {
  warnings: jobWarnings,
  hasGeneration: true,
  // Kept from times when jobs did not clean up: clients that want it otherwise say so.
  defaultPropagation: 'Orphan',
  defaults: defaultJob,
  create: selectOwnPods,
  validate: ({ spec }) => validateJob(spec!),
  validateUpdate: (next, previous) => [...validateJobSpec(next.spec!, 'spec'), ...validateChange(next, previous)],
  validateStatus: validateJobStatus,
  fields: ({ status }) => ({ 'status.successful': String(status?.succeeded ?? 0) }),
  columns: columns(['Name', 'Status', 'Completions', 'Duration', '@Age'], ['Containers', 'Images', 'Selector']),
  row({ metadata, spec, status }, nowMs) {
    return [
      metadata.name,
      stateOf({ metadata, spec, status }),
      completionsText({ metadata, spec, status }),
      durationText(status, nowMs),
      ageOf(metadata, nowMs),
      containerNames(spec?.template),
      containerImages(spec?.template),
      selectorCell(spec?.selector),
    ];
  },
};

function defaultJob(object: Mutable<Job>): void {
  const spec = (object.spec ??= {} as NonNullable<typeof object.spec>);
  defaultPodTemplate(spec);
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2_147_483_647;
  const labels = spec.template.metadata?.labels;
  if (labels !== undefined && Object.keys(object.metadata.labels ?? {}).length === 0)
    object.metadata.labels = { ...labels };
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True';
  }
}

/** A job selects its own pods by its uid, unless told that the selector is made by hand. */
function selectOwnPods(object: Mutable<Job>): void {
  const spec = object.spec!;
  if (spec.manualSelector) return;
  const uid = object.metadata.uid ?? '';
  spec.template ??= {} as typeof spec.template;
  spec.template.metadata ??= {} as typeof spec.template.metadata;
  spec.template.metadata.labels = {
    ...spec.template.metadata.labels,
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': object.metadata.name ?? '',
    'controller-uid': uid,
    'job-name': object.metadata.name ?? '',
  };
  spec.selector ??= {};
  spec.selector.matchLabels = { 'batch.kubernetes.io/controller-uid': uid, ...spec.selector.matchLabels };
}

function validateJob(spec: JobSpec): StatusCause[] {
  const causes = spec.selector === undefined ? [required('spec.selector')] : [];
  return [
    ...causes,
    ...validateLabelSelector(spec.selector, 'spec.selector'),
    ...validateOwnSelector(spec),
    ...validateSelectedTemplate(spec.selector, spec.template).filter(({ field }) => field?.endsWith('metadata.labels')),
    ...validateJobSpec(spec, 'spec'),
  ];
}

/** Unless it is made by hand, the selector is the one that was made for the job's uid. */
function validateOwnSelector({ manualSelector, selector, template }: JobSpec): StatusCause[] {
  if (manualSelector || selector === undefined) return [];
  const uid = template?.metadata?.labels?.[uidLabel] ?? '';
  const isOwn = [uidLabel, 'controller-uid'].some((label) => isSame(selector, { matchLabels: { [label]: uid } }));
  return isOwn ? [] : [invalidValue('spec.selector', selector, '`selector` not auto-generated')];
}
const uidLabel = 'batch.kubernetes.io/controller-uid';

/** What is true of a job's spec wherever it stands. */
export function validateJobSpec(spec: JobSpec, path: Path): StatusCause[] {
  const { parallelism, completions, activeDeadlineSeconds, backoffLimit, ttlSecondsAfterFinished } = spec;
  return [
    ...notNegative({ parallelism, completions, activeDeadlineSeconds, backoffLimit, ttlSecondsAfterFinished }, path),
    ...validateSelectedTemplate(undefined, spec.template, path),
    ...validateRestart(spec, child(path, 'template', 'spec', 'restartPolicy')),
    ...validateMode(spec, path),
  ];
}

function validateRestart({ template, podFailurePolicy }: JobSpec, path: Path): StatusCause[] {
  const policy = template?.spec?.restartPolicy;
  if (policy === undefined || policy === 'Always') return [required(path, 'valid values: "OnFailure", "Never"')];
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(path, policy, ['Never', 'OnFailure'])];
  if (podFailurePolicy !== undefined && policy !== 'Never') {
    return [invalidValue(path, policy, 'only "Never" is supported when podFailurePolicy is specified')];
  }
  return [];
}

const mostIndexedParallelism = 100_000;

function validateMode(
  { completionMode, completions, parallelism, maxFailedIndexes, backoffLimitPerIndex }: JobSpec,
  path: Path,
): StatusCause[] {
  if (completionMode === undefined) return [];
  if (completionMode !== 'NonIndexed' && completionMode !== 'Indexed') {
    return [notSupported(child(path, 'completionMode'), completionMode, ['Indexed', 'NonIndexed'])];
  }
  if (completionMode === 'NonIndexed') {
    const detail = 'requires indexed completion mode';
    if (backoffLimitPerIndex === undefined) return [];
    return [invalidValue(child(path, 'backoffLimitPerIndex'), backoffLimitPerIndex, detail)];
  }
  const causes: StatusCause[] = [];
  if (completions === undefined) {
    causes.push(required(child(path, 'completions'), 'when completion mode is Indexed'));
  }
  if ((parallelism ?? 0) > mostIndexedParallelism) {
    const detail = `must be less than or equal to ${mostIndexedParallelism} when completion mode is Indexed`;
    causes.push(invalidValue(child(path, 'parallelism'), parallelism, detail));
  }
  if (maxFailedIndexes !== undefined && completions !== undefined && maxFailedIndexes > completions) {
    causes.push(
      invalidValue(child(path, 'maxFailedIndexes'), maxFailedIndexes, 'must be less than or equal to completions'),
    );
  }
  return causes;
}

const fixed = [
  'selector',
  'completionMode',
  'podFailurePolicy',
  'backoffLimitPerIndex',
  'managedBy',
  'successPolicy',
] as const;

function validateChange({ spec: next, status }: Job, { spec: old, status: before }: Job): StatusCause[] {
  const causes = fixed
    .filter((field) => !isSame(next?.[field], old?.[field]))
    .map((field) => invalidValue(child('spec', field), next?.[field] ?? null, immutable));
  const isElastic = next?.completionMode === 'Indexed' && next.completions === next.parallelism;
  if (next?.completions !== old?.completions && !isElastic) {
    causes.push(invalidValue('spec.completions', next?.completions ?? null, immutable));
  }
  const isAsleep = Boolean(old?.suspend) && (status ?? before)?.startTime === undefined;
  const template = isAsleep ? withScheduling(next?.template, old?.template) : next?.template;
  if (!isSame(template, old?.template)) causes.push(invalidValue('spec.template', next?.template, immutable));
  return causes;
}

/** Where pods go may still be said as long as a suspended job has not begun. */
function withScheduling(next: JobSpec['template'] | undefined, old: JobSpec['template'] | undefined): unknown {
  const { affinity, nodeSelector, tolerations, schedulingGates, containers } = old?.spec ?? {};
  const resized = (next?.spec?.containers ?? []).map((one, index) => ({
    ...one,
    resources: containers?.[index]?.resources,
  }));
  const meta = { ...next?.metadata, annotations: old?.metadata?.annotations, labels: old?.metadata?.labels };
  return {
    ...next,
    metadata: meta,
    spec: { ...next?.spec, affinity, nodeSelector, tolerations, schedulingGates, containers: resized },
  };
}

export function jobTemplateForbidsSelector(spec: JobSpec, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  if (spec.manualSelector)
    causes.push(notSupported(child(path, 'manualSelector'), spec.manualSelector, ['nil', 'false']));
  if (spec.selector !== undefined) {
    causes.push(invalidValue(child(path, 'selector'), spec.selector, '`selector` will be auto-generated'));
  }
  return causes;
}

function stateOf({ metadata, status }: Job): string {
  const has = (type: string) => (status?.conditions ?? []).some((one) => one.type === type && one.status === 'True');
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(has) ?? 'Running';
}

function completionsText({ spec, status }: Job): string {
  const done = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${done}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
}

function durationText(status: Job['status'], nowMs: number): string {
  if (status?.startTime === undefined) return '';
  const end = status.completionTime === undefined ? nowMs : Date.parse(status.completionTime);
  return humanDuration(end - Date.parse(status.startTime));
}
