import type { Job, JobSpec } from '../../types/batch.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { humanDuration } from '../duration.ts';
import type { Mutable } from '../object.ts';
import { defaultPodTemplate } from '../pod/defaults.ts';
import { jobWarnings } from '../warnings/workloads.ts';
import { containerImages, containerNames, selectorCell } from './template.ts';
import { validateJob } from './validate-job.ts';
import { validateJobUpdate } from './validate-job-change.ts';
import { validateJobStatus } from './validate-job-status.ts';

export const job: KindParts<Job> = {
  warnings: jobWarnings,
  hasGeneration: true,
  // Kept from times when jobs did not clean up: clients that want it otherwise say so.
  defaultPropagation: 'Orphan',
  defaults: defaultJob,
  create: selectOwnPods,
  validate: validateJob,
  validateUpdate: validateJobUpdate,
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
  defaultFailurePolicy(spec);
}

export function defaultFailurePolicy({ podFailurePolicy }: Mutable<JobSpec>): void {
  for (const rule of podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True';
  }
}

/**
 * A job selects its own pods by its uid, unless told that the selector is made by hand. What somebody has put there
 * stays, and is refused.
 */
function selectOwnPods(object: Mutable<Job>): void {
  const spec = object.spec!;
  if (spec.manualSelector) return;
  const uid = object.metadata.uid ?? '';
  const name = object.metadata.name ?? '';
  spec.template ??= {} as typeof spec.template;
  spec.template.metadata ??= {} as typeof spec.template.metadata;
  spec.template.metadata.labels = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
    ...spec.template.metadata.labels,
  };
  spec.selector ??= {};
  spec.selector.matchLabels = { 'batch.kubernetes.io/controller-uid': uid, ...spec.selector.matchLabels };
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
