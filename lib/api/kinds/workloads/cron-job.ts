import { child, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import { wrongDns1123Subdomain } from '../../names.ts';
import type { CronJob } from '../../types/batch.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { age } from '../duration.ts';
import { defaultPodTemplate } from '../pod/defaults.ts';
import { cronJobWarnings } from '../warnings/workloads.ts';
import { jobTemplateForbidsSelector, validateJobSpec } from './job.ts';
import { wrongSchedule } from './schedule.ts';
import { containerImages, containerNames, notNegative, selectorCell } from './template.ts';

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
  },
  wrongName(name) {
    return name.length > longestName
      ? [...wrongDns1123Subdomain(name), `must be no more than ${longestName} characters`]
      : wrongDns1123Subdomain(name);
  },
  validate: ({ spec }) => validateSpec(spec!, 'spec'),
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

function validateSpec(spec: NonNullable<CronJob['spec']>, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const { schedule, timeZone, concurrencyPolicy, startingDeadlineSeconds } = spec;
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = spec;
  const policies = ['Allow', 'Forbid', 'Replace'];
  if (!schedule) causes.push(required(child(path, 'schedule')));
  else
    causes.push(...wrongSchedule(schedule).map((message) => invalidValue(child(path, 'schedule'), schedule, message)));
  if (timeZone !== undefined) {
    const wrong = wrongTimeZone(timeZone);
    if (wrong !== undefined) causes.push(invalidValue(child(path, 'timeZone'), timeZone, wrong));
  }
  causes.push(...notNegative({ startingDeadlineSeconds, successfulJobsHistoryLimit, failedJobsHistoryLimit }, path));
  if (!concurrencyPolicy) causes.push(required(child(path, 'concurrencyPolicy')));
  else if (!policies.includes(concurrencyPolicy)) {
    causes.push(notSupported(child(path, 'concurrencyPolicy'), concurrencyPolicy, policies));
  }
  const job = spec.jobTemplate?.spec;
  const field = child(path, 'jobTemplate', 'spec');
  if (job === undefined) return [...causes, required(child(field, 'template'))];
  return [...causes, ...validateJobSpec(job, field), ...jobTemplateForbidsSelector(job, field)];
}

function wrongTimeZone(name: string): string | undefined {
  if (name === '') return 'timeZone must be nil or non-empty string';
  const unknown = `unknown time zone ${name}`;
  if (name.toLowerCase() === 'local') {
    return 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
  }
  // An offset is no zone of the time zone database.
  if (name.split('/').some((part) => /^(\.{1,2}|[+-].*|.*:.*)$/.test(part))) return unknown;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return undefined;
  } catch {
    return unknown;
  }
}
