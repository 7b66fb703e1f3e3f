import { apiVersionOf } from '#lib/api/resource.ts';
import { jobs as jobResource } from '#lib/api/resources.ts';
import type { CronJob, CronJobStatus, Job } from '#lib/api/types/batch.v1.ts';
import type { ObjectReference } from '#lib/api/types/core.v1.ts';
import { isTimeZone, missedBetween, parseSchedule, type Schedule } from './schedule.ts';

export interface CronJobFacts {
  readonly cronJob: CronJob;
  /** Those that it controls; of those that its status names none is left out that is there. */
  readonly jobs: readonly Job[];
  readonly nowMs: number;
}

export interface CronJobPlan {
  readonly remove: readonly Job[];
  readonly start: { readonly name: string; readonly scheduledMs: number } | undefined;
  /** Without what `start` adds to it. */
  readonly status: CronJobStatus;
  readonly events: readonly PlannedEvent[];
  readonly againMs: number | undefined;
}

export interface PlannedEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** Which Jobs a CronJob starts and removes now. Rule: CronJob, "How it works"; kubernetes pkg/controller/cronjob. */
export function planCronJob({ cronJob, jobs, nowMs }: CronJobFacts): CronJobPlan {
  const events: PlannedEvent[] = [];
  const status = follow(cronJob, jobs, events);
  const surplus = surplusOf(cronJob, jobs);
  const rest = { status, events, remove: surplus, start: undefined, againMs: undefined };
  if (cronJob.metadata.deletionTimestamp !== undefined) return rest;
  const wrong = wrongTimeZone(cronJob.spec?.timeZone);
  if (wrong !== undefined) {
    events.push({ type: 'Warning', reason: 'UnknownTimeZone', message: wrong });
    return rest;
  }
  if (cronJob.spec?.suspend) return rest;
  const schedule = readSchedule(cronJob, events);
  if (schedule === undefined) return rest;
  if (schedule.next(createdMs(cronJob)) === undefined) {
    const why = 'time difference between two schedules is less than 1 second'; // so upstream takes a day that never comes
    const message = `invalid schedule: ${cronJob.spec?.schedule} : ${why}`;
    events.push({ type: 'Warning', reason: 'InvalidSchedule', message });
    return rest;
  }
  const due = dueTime(cronJob, status, schedule, nowMs, events);
  const next = schedule.next(nowMs);
  // A little late, so that the time is over by every clock.
  const againMs = next === undefined ? undefined : next - nowMs + 100;
  if (due === undefined) return { ...rest, againMs };
  const name = `${cronJob.metadata.name}-${Math.floor(due / 60_000)}`;
  const active = jobs.filter((job) => status.active?.some(({ uid }) => uid === job.metadata.uid));
  if (jobs.some(({ metadata }) => metadata.name === name)) return { ...rest, againMs };
  if (cronJob.spec?.concurrencyPolicy === 'Forbid' && (status.active ?? []).length > 0) {
    const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
    events.push({ type: 'Normal', reason: 'JobAlreadyActive', message });
    return { ...rest, againMs };
  }
  const isReplaced = cronJob.spec?.concurrencyPolicy === 'Replace';
  return {
    ...rest,
    remove: isReplaced ? [...surplus, ...active] : surplus,
    status: isReplaced ? { ...status, active: [] } : status,
    start: { name, scheduledMs: due },
    againMs,
  };
}

/** Drops Jobs that have ended or are gone from the active ones, and notes the newest success. */
function follow({ status = {} }: CronJob, jobs: readonly Job[], events: PlannedEvent[]): CronJobStatus {
  let { lastSuccessfulTime } = status;
  const known = new Set((status.active ?? []).map(({ uid }) => uid));
  for (const job of jobs) {
    const end = endOf(job);
    const { name, uid } = job.metadata;
    if (end === undefined && !known.has(uid)) {
      const message = `Saw a job that the controller did not create or forgot: ${name}`;
      events.push({ type: 'Warning', reason: 'UnexpectedJob', message });
    }
    if (end !== undefined && known.has(uid)) {
      const message = `Saw completed job: ${name}, condition: ${end}`;
      events.push({ type: 'Normal', reason: 'SawCompletedJob', message });
    }
    const time = end === 'Complete' ? job.status?.completionTime : undefined;
    if (time !== undefined && time > (lastSuccessfulTime ?? '')) lastSuccessfulTime = time;
  }
  for (const { uid, name } of status.active ?? []) {
    if (jobs.some(({ metadata }) => metadata.uid === uid)) continue;
    events.push({ type: 'Normal', reason: 'MissingJob', message: `Active job went missing: ${name}` });
  }
  const running = new Set(jobs.filter((job) => endOf(job) === undefined).map(({ metadata }) => metadata.uid));
  const active = (status.active ?? []).filter(({ uid }) => running.has(uid));
  return { ...status, active, ...(lastSuccessfulTime === undefined ? {} : { lastSuccessfulTime }) };
}

export function endOf({ status }: Job): 'Complete' | 'Failed' | undefined {
  const end = status?.conditions?.find(
    ({ type, status: is }) => ['Complete', 'Failed'].includes(type) && is === 'True',
  );
  return end?.type as 'Complete' | 'Failed' | undefined;
}

/** Ended Jobs beyond the history limits, the oldest first. */
function surplusOf({ spec }: CronJob, jobs: readonly Job[]): readonly Job[] {
  const oldest = (end: string, limit: number) => {
    const ended = jobs.filter((job) => endOf(job) === end && job.metadata.deletionTimestamp === undefined);
    return ended.toSorted((a, b) => (startOf(a) < startOf(b) ? -1 : 1)).slice(0, Math.max(0, ended.length - limit));
  };
  return [
    ...oldest('Complete', spec?.successfulJobsHistoryLimit ?? 3),
    ...oldest('Failed', spec?.failedJobsHistoryLimit ?? 1),
  ];
}

function startOf({ status, metadata }: Job): string {
  return status?.startTime ?? metadata.creationTimestamp ?? '';
}

function createdMs({ metadata }: CronJob): number {
  return Date.parse(metadata.creationTimestamp ?? '') || 0;
}

function wrongTimeZone(timeZone: string | undefined): string | undefined {
  if (timeZone === undefined || isTimeZone(timeZone)) return undefined;
  return `invalid timeZone: ${JSON.stringify(timeZone)}: unknown time zone ${timeZone}`;
}

function readSchedule({ spec }: CronJob, events: PlannedEvent[]): Schedule | undefined {
  if (spec?.schedule?.includes('TZ')) {
    const message = `CRON_TZ or TZ used in schedule ${JSON.stringify(spec.schedule)} is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details`;
    events.push({ type: 'Warning', reason: 'UnsupportedSchedule', message });
  }
  try {
    return parseSchedule(spec?.schedule ?? '', spec?.timeZone);
  } catch (error) {
    const message = `unparseable schedule: "${spec?.schedule}" : ${(error as Error).message}`;
    events.push({ type: 'Warning', reason: 'UnparseableSchedule', message });
    return undefined;
  }
}

/** The newest time that has come and for which nothing was started, unless its deadline is over. */
function dueTime(
  { metadata, spec }: CronJob,
  status: CronJobStatus,
  schedule: Schedule,
  nowMs: number,
  events: PlannedEvent[],
): number | undefined {
  const deadlineMs = spec?.startingDeadlineSeconds === undefined ? undefined : spec.startingDeadlineSeconds * 1000;
  const since = Date.parse(status.lastScheduleTime ?? metadata.creationTimestamp ?? '');
  const fromMs = deadlineMs === undefined ? since : Math.max(since, nowMs - deadlineMs);
  const { newestMs, count } = missedBetween(schedule, fromMs, nowMs);
  if (count === 'many') {
    const message = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
    events.push({ type: 'Warning', reason: 'TooManyMissedTimes', message });
  }
  if (newestMs !== undefined && deadlineMs !== undefined && newestMs + deadlineMs < nowMs) {
    const message = `Missed scheduled time to start a job: ${goTime(newestMs)}`;
    events.push({ type: 'Warning', reason: 'MissSchedule', message });
    return undefined;
  }
  return newestMs;
}

/** As Go writes RFC 1123 with a numeric zone. */
function goTime(ms: number): string {
  return new Date(ms).toUTCString().replace('GMT', '+0000');
}

export function referenceOf({ metadata }: Job): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata;
  const { kind } = jobResource;
  return { kind, namespace, name, uid, apiVersion: apiVersionOf(jobResource), resourceVersion };
}
