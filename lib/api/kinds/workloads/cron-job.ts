import { child, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import type { CronJob } from '../../types/batch.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { age } from '../duration.ts';
import { defaultPodTemplate } from '../pod/defaults.ts';
import { leniencyOf } from '../pod/leniency-of.ts';
import { cronJobWarnings } from '../warnings/workloads.ts';
import { defaultFailurePolicy } from './job.ts';
import { isTimeZone, wrongSchedule } from './schedule.ts';
import { containerImages, containerNames, notNegative, selectorCell } from './template.ts';
import { jobTemplateForbidsSelector, validateJobSpec } from './validate-job.ts';

/** Room for what the names of jobs get appended. */
const longestName = 52;

export const cronJob: KindParts<CronJob> = {
  warnings: cronJobWarnings,
  hasGeneration: true,
  defaults(object) {
    const spec = (object.spec ??= {} as NonNullable<typeof object.spec>);
    spec.concurrencyPolicy ||= 'Allow';
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
    spec.jobTemplate ??= {} as NonNullable<typeof spec.jobTemplate>;
    spec.jobTemplate.spec ??= {} as NonNullable<typeof spec.jobTemplate.spec>;
    defaultPodTemplate(spec.jobTemplate.spec);
    defaultFailurePolicy(spec.jobTemplate.spec);
  },
  validate: ({ metadata, spec }) => [...validateSpec(spec!, 'spec'), ...validateLength(metadata.name)],
  validateUpdate: ({ spec }, previous) => validateSpec(spec!, 'spec', previous.spec),
  columns: columns(
    ['Name', 'Schedule', 'Timezone', '?Suspend', '#Active', 'Last Schedule', '@Age'],
    ['Containers', 'Images', 'Selector'],
  ),
  row({ metadata, spec, status }, nowMs) {
    const template = spec?.jobTemplate?.spec?.template;
    return [
      metadata.name,
      spec?.schedule ?? '',
      spec?.timeZone ?? '<none>',
      spec?.suspend === undefined ? '<unset>' : spec.suspend ? 'True' : 'False',
      (status?.active ?? []).length,
      status?.lastScheduleTime === undefined ? '<none>' : age(status.lastScheduleTime, nowMs),
      ageOf(metadata, nowMs),
      containerNames(template),
      containerImages(template),
      selectorCell(spec?.jobTemplate?.spec?.selector),
    ];
  },
};

function validateLength(name: string): StatusCause[] {
  const detail = `must be no more than ${longestName} characters`;
  return (name?.length ?? 0) > longestName ? [invalidValue('metadata.name', name, detail)] : [];
}

type Spec = NonNullable<CronJob['spec']>;

/** What was stored under older rules stays as it is: a zone in the schedule, or one that is gone. */
function validateSpec(spec: Spec, path: Path, old?: Spec): StatusCause[] {
  const causes: StatusCause[] = [];
  const { schedule, timeZone, concurrencyPolicy, startingDeadlineSeconds } = spec;
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = spec;
  const policies = ['Allow', 'Forbid', 'Replace'];
  if (!schedule) causes.push(required(child(path, 'schedule')));
  else {
    const wrong = [...wrongSchedule(schedule), ...wrongZoneOf(schedule, timeZone, old)];
    causes.push(...wrong.map((message) => invalidValue(child(path, 'schedule'), schedule, message)));
  }
  causes.push(...notNegative({ startingDeadlineSeconds }, path));
  if (timeZone !== undefined && (old === undefined || timeZone !== old.timeZone)) {
    const wrong = wrongTimeZone(timeZone);
    if (wrong !== undefined) causes.push(invalidValue(child(path, 'timeZone'), timeZone, wrong));
  }
  if (!concurrencyPolicy) causes.push(required(child(path, 'concurrencyPolicy')));
  else if (!policies.includes(concurrencyPolicy)) {
    causes.push(notSupported(child(path, 'concurrencyPolicy'), concurrencyPolicy, policies));
  }
  const job = spec.jobTemplate?.spec;
  const field = child(path, 'jobTemplate', 'spec');
  if (job === undefined) return [...causes, required(child(field, 'template'))];
  return [
    ...causes,
    ...validateJobSpec(job, field, leniencyOf(old?.jobTemplate?.spec?.template)),
    ...jobTemplateForbidsSelector(job, field),
    ...notNegative({ successfulJobsHistoryLimit, failedJobsHistoryLimit }, path),
  ];
}

function wrongZoneOf(schedule: string, timeZone: string | undefined, old: Spec | undefined): readonly string[] {
  if (!schedule.includes('TZ')) return [];
  if (!old?.schedule.includes('TZ')) return ['cannot use TZ or CRON_TZ in schedule, use timeZone field instead'];
  return timeZone === undefined ? [] : ['cannot use both timeZone field and TZ or CRON_TZ in schedule'];
}

function wrongTimeZone(name: string): string | undefined {
  if (name === '') return 'timeZone must be nil or non-empty string';
  const unknown = `unknown time zone ${name}`;
  if (name.toLowerCase() === 'local') {
    return 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
  }
  // Names of the time zone database; an offset is none.
  const isPart = (part: string) => /^[A-Za-z.\-_0-9+]{1,14}$/.test(part) && !/^(\.{1,2}$|[+-])/.test(part);
  if (!name.split('/').every(isPart)) return unknown;
  return isTimeZone(name) ? undefined : unknown;
}
