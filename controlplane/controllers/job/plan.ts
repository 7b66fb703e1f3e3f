import { timestamp } from '#lib/api/timestamp.ts';
import type { Job, JobCondition, JobStatus } from '#lib/api/types/batch.v1.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { conditionOf, withCondition } from '../shared/conditions.ts';
import { type Counts, countPods } from './count.ts';
import { bearersOf, historiesOf, timesOf } from './index-backoff.ts';
import { formatIndexes } from './indexes.ts';
import { finishedAtMs, indexOf, isFailed, isIndexed, isSucceeded, replacement } from './pods.ts';
import { deadlineInMs, type Verdict, verdictOn } from './verdict.ts';

export interface JobFacts {
  readonly job: Job;
  readonly pods: readonly Pod[];
  /** No creation or deletion of ours is still to be seen. */
  readonly mayManage: boolean;
  readonly nowMs: number;
}

export interface JobPlan {
  readonly deletePods: readonly Pod[];
  /** The pods deleted here count as failures: the Job is over. Otherwise (surplus, suspension) they do not count at all. */
  readonly isOver: boolean;
  readonly createPods: readonly NewPod[];
  /** Written before finalizers are taken off. */
  readonly status: JobStatus;
  readonly releasePods: readonly Pod[];
  /** Actions of the failure policy's rules that were taken for pods. */
  readonly handled: readonly string[];
  /** How many indexes have ended. */
  readonly indexes: { readonly succeeded: number; readonly failed: number };
  readonly events: readonly JobEvent[];
  readonly againMs: number | undefined;
}

export interface NewPod {
  readonly index?: number;
  /** How often the index has failed, where that is limited; and how often that did not count. */
  readonly failures?: number;
  readonly ignored?: number;
}

export interface JobEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export function isFinished({ status }: Job): boolean {
  return (status.conditions ?? []).some(
    ({ type, status: is }) => (type === 'Complete' || type === 'Failed') && is === 'True',
  );
}

/** Rule: Job documentation; kubernetes pkg/controller/job. */
export function planJob({ job, pods, mayManage, nowMs }: JobFacts): JobPlan {
  const counts = countPods(job, pods);
  const { spec } = job;
  const startTime = spec.suspend ? undefined : (job.status.startTime ?? timestamp(nowMs));
  const verdict = verdictOn({ ...job, status: { ...job.status, startTime } }, counts, nowMs);
  const events: JobEvent[] = [];
  let deletePods: readonly Pod[] = [];
  let createPods: readonly NewPod[] = [];
  let waitMs: number | undefined;
  if (verdict !== undefined || spec.suspend) deletePods = counts.active;
  else if (mayManage) ({ deletePods, createPods, waitMs } = manage(job, pods, counts, nowMs));
  const conditions = conditionsOf(job, counts, verdict, events, nowMs);
  const isOver = conditions.some((c) => (c.type === 'Complete' || c.type === 'Failed') && c.status === 'True');
  const status: JobStatus = {
    ...(conditions.length > 0 ? { conditions } : {}),
    ...(startTime === undefined ? {} : { startTime }),
    ...(isOver && conditionOf(conditions, 'Complete')?.status === 'True' ? { completionTime: timestamp(nowMs) } : {}),
    active: counts.active.length,
    terminating: counts.terminating,
    ready: counts.ready,
    succeeded: counts.counted.succeeded,
    failed: counts.counted.failed,
    ...(isIndexed(job) && counts.completedIndexes.size > 0
      ? { completedIndexes: formatIndexes(counts.completedIndexes) }
      : {}),
    ...(spec.backoffLimitPerIndex === undefined ? {} : { failedIndexes: formatIndexes(counts.failedIndexes) }),
    uncountedTerminatedPods: nonEmpty(counts.uncounted),
  };
  const done = new Set([...counts.completedIndexes, ...counts.failedIndexes]);
  const bearers = verdict === undefined ? bearersOf(job, pods, done) : new Set<Pod>();
  const times = [waitMs, isOver ? undefined : deadlineInMs({ ...job, status }, nowMs)].filter((ms) => ms !== undefined);
  return {
    deletePods,
    isOver: verdict !== undefined,
    createPods,
    status,
    releasePods: counts.toRelease.filter((pod) => !bearers.has(pod)),
    handled: counts.handled,
    indexes: { succeeded: isIndexed(job) ? counts.completedIndexes.size : 0, failed: counts.failedIndexes.size },
    events,
    againMs: times.length === 0 ? undefined : Math.min(...times),
  };
}

function nonEmpty({ succeeded, failed }: Counts['uncounted']): JobStatus['uncountedTerminatedPods'] {
  return { ...(succeeded.length > 0 ? { succeeded } : {}), ...(failed.length > 0 ? { failed } : {}) };
}

/** Which pods to add or take away while the Job goes on. */
function manage(job: Job, pods: readonly Pod[], counts: Counts, nowMs: number) {
  const { spec } = job;
  const parallelism = spec.parallelism ?? 1;
  const leaving = replacement(spec) === 'Failed' ? counts.terminating : 0;
  const wanted =
    spec.completions === undefined
      ? counts.succeeded > 0
        ? counts.active.length
        : parallelism
      : Math.min(parallelism, spec.completions - counts.succeeded - counts.failedIndexes.size);
  const surplus = counts.active.length - Math.max(0, wanted);
  if (surplus > 0)
    return { deletePods: leastUseful(counts.active).slice(0, surplus), createPods: [], waitMs: undefined };
  const missing = wanted - counts.active.length - leaving;
  if (missing <= 0) return { deletePods: [], createPods: [], waitMs: undefined };
  const count = Math.min(missing, mostAtOnce);
  if (isIndexed(job) && spec.backoffLimitPerIndex !== undefined) {
    return { deletePods: [], ...readyIndexes(job, pods, nextIndexes(job, pods, counts, count), nowMs) };
  }
  const waitMs = backoffLeftMs(job, pods, nowMs);
  if (waitMs > 0) return { deletePods: [], createPods: [], waitMs };
  const createPods = isIndexed(job)
    ? nextIndexes(job, pods, counts, count).map((index) => ({ index }))
    : Array.from({ length: count }, () => ({}));
  return { deletePods: [], createPods, waitMs: undefined };
}
const mostAtOnce = 500;

/** Of those that are next, the ones whose own pause is over; if there are none, when the first one's is. */
function readyIndexes(job: Job, pods: readonly Pod[], next: readonly number[], nowMs: number) {
  const histories = historiesOf(job, pods, nowMs);
  const createPods: NewPod[] = [];
  let waitMs = Number.POSITIVE_INFINITY;
  for (const index of next) {
    const history = histories.get(index);
    const { failures = 0, ignored = 0 } = history ?? {};
    const leftMs = history === undefined ? 0 : history.lastMs + pauseMs(timesOf(history)) - nowMs;
    if (leftMs <= 0) createPods.push({ index, failures, ...(ignored > 0 ? { ignored } : {}) });
    else waitMs = Math.min(waitMs, leftMs);
  }
  return { createPods, waitMs: waitMs < Number.POSITIVE_INFINITY ? waitMs : undefined };
}

function nextIndexes(job: Job, pods: readonly Pod[], counts: Counts, count: number): readonly number[] {
  const taken = new Set(counts.active.map(indexOf));
  if (replacement(job.spec) === 'Failed')
    for (const pod of pods)
      if (pod.metadata.deletionTimestamp && !isSucceeded(pod) && pod.status.phase !== 'Failed') taken.add(indexOf(pod));
  const result: number[] = [];
  for (let index = 0; index < (job.spec.completions ?? 0) && result.length < count; index++) {
    if (taken.has(index) || counts.completedIndexes.has(index) || counts.failedIndexes.has(index)) continue;
    result.push(index);
  }
  return result;
}

/** After each failure without a success since, a longer pause: 10 s, doubling, up to 10 min. */
function backoffLeftMs(job: Job, pods: readonly Pod[], nowMs: number): number {
  const lastSuccessMs = Math.max(0, ...pods.filter(isSucceeded).map((pod) => finishedAtMs(pod, nowMs)));
  const failures = pods
    .filter((pod) => isFailed(pod, job))
    .map((pod) => finishedAtMs(pod, nowMs))
    .filter((ms) => ms > lastSuccessMs);
  if (failures.length === 0) return 0;
  return Math.max(0, Math.max(...failures) + pauseMs(failures.length) - nowMs);
}

function pauseMs(failures: number): number {
  return Math.min(firstPauseMs * 2 ** (failures - 1), longestPauseMs);
}
const firstPauseMs = 10_000;
const longestPauseMs = 600_000;

/** Pending before running, unready before ready, younger before older. */
function leastUseful(pods: readonly Pod[]): readonly Pod[] {
  const rank = ({ spec, status }: Pod) =>
    (spec.nodeName ? 1 : 0) +
    (status.phase === 'Running' ? 2 : 0) +
    (status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ? 4 : 0);
  return pods.toSorted(
    (a, b) =>
      rank(a) - rank(b) || (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''),
  );
}

function conditionsOf(
  job: Job,
  counts: Counts,
  verdict: Verdict | undefined,
  events: JobEvent[],
  nowMs: number,
): readonly JobCondition[] {
  let conditions: readonly JobCondition[] = job.status.conditions ?? [];
  const set = (type: string, status: 'True' | 'False', reason: string, message: string) => {
    const at = timestamp(nowMs);
    conditions = withCondition(conditions, {
      type,
      status,
      reason,
      message,
      lastProbeTime: at,
      lastTransitionTime: at,
    });
  };
  if (verdict === undefined) {
    const isSuspended = conditionOf(conditions, 'Suspended')?.status === 'True';
    if (job.spec.suspend && !isSuspended) {
      set('Suspended', 'True', 'JobSuspended', 'Job suspended');
      events.push({ type: 'Normal', reason: 'Suspended', message: 'Job suspended' });
    } else if (!job.spec.suspend && isSuspended) {
      set('Suspended', 'False', 'JobResumed', 'Job resumed');
      events.push({ type: 'Normal', reason: 'Resumed', message: 'Job resumed' });
    }
    return conditions;
  }
  const { type, reason, message } = verdict;
  const target = type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
  if (conditionOf(conditions, target)?.status !== 'True') set(target, 'True', reason, message);
  const isSettled =
    counts.active.length === 0 &&
    counts.terminating === 0 &&
    counts.uncounted.succeeded.length + counts.uncounted.failed.length === 0;
  if (!isSettled) return conditions;
  set(type, 'True', reason, message);
  if (type === 'Complete') {
    if (counts.counted.succeeded > (job.spec.completions ?? Infinity)) {
      const text = 'Too many succeeded pods running after completion count reached';
      events.push({ type: 'Warning', reason: 'TooManySucceededPods', message: text });
    }
    events.push({ type: 'Normal', reason: 'Completed', message: 'Job completed' });
  } else events.push({ type: 'Warning', reason, message });
  return conditions;
}
