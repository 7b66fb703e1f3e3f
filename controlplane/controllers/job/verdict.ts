import type { Job, SuccessPolicyRule } from '#lib/api/types/batch.v1.ts';
import type { Counts } from './count.ts';
import { parseIndexes } from './indexes.ts';
import { isIndexed } from './pods.ts';

export interface Verdict {
  readonly type: 'Complete' | 'Failed';
  readonly reason: string;
  readonly message: string;
}

/** Whether a Job is over, and how. Undefined: it goes on. Pure. */
export function verdictOn(job: Job, counts: Counts, nowMs: number): Verdict | undefined {
  const target = job.status.conditions?.find(
    (c) => (c.type === 'FailureTarget' || c.type === 'SuccessCriteriaMet') && c.status === 'True',
  );
  if (target !== undefined) {
    const type = target.type === 'FailureTarget' ? 'Failed' : 'Complete';
    return { type, reason: target.reason ?? '', message: target.message ?? '' };
  }
  return failureOf(job, counts, nowMs) ?? successOf(job, counts);
}

function failureOf(job: Job, counts: Counts, nowMs: number): Verdict | undefined {
  const { spec, status } = job;
  const failed = (reason: string, message: string): Verdict => ({ type: 'Failed', reason, message });
  if (counts.failJob !== undefined) return failed('PodFailurePolicy', counts.failJob);
  const perIndex = spec.backoffLimitPerIndex !== undefined;
  const limit = spec.backoffLimit ?? (perIndex ? Number.MAX_SAFE_INTEGER : 6);
  if (counts.failed > limit || restartsOf(job, counts) >= Math.max(limit, 1) * onFailure(job)) {
    return failed('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  }
  if (deadlineInMs(job, nowMs) === 0)
    return failed('DeadlineExceeded', 'Job was active longer than specified deadline');
  if (!perIndex) return undefined;
  if (spec.maxFailedIndexes !== undefined && counts.failedIndexes.size > spec.maxFailedIndexes) {
    return failed('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes');
  }
  const done = counts.completedIndexes.size + counts.failedIndexes.size;
  const isOver = counts.failedIndexes.size > 0 && done >= (spec.completions ?? 0) && status !== undefined;
  return isOver ? failed('FailedIndexes', 'Job has failed indexes') : undefined;
}

/** Restarts count against the limit only where the kubelet restarts containers in place. */
function onFailure({ spec }: Job): number {
  return spec.template.spec.restartPolicy === 'OnFailure' ? 1 : Number.POSITIVE_INFINITY;
}

function restartsOf({ spec }: Job, { active }: Counts): number {
  if (spec.template.spec.restartPolicy !== 'OnFailure') return 0;
  const restarts = active.flatMap(({ status }) => [
    ...(status.initContainerStatuses ?? []),
    ...(status.containerStatuses ?? []),
  ]);
  const sum = restarts.reduce((total, { restartCount }) => total + (restartCount ?? 0), 0);
  return spec.backoffLimit === 0 ? (sum > 0 ? 1 : 0) : sum;
}

/** Milliseconds until the deadline: 0 if it is over, undefined if there is none. */
export function deadlineInMs({ spec, status }: Job, nowMs: number): number | undefined {
  if (spec.activeDeadlineSeconds === undefined || !status.startTime || spec.suspend) return undefined;
  return Math.max(0, Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1000 - nowMs);
}

function successOf(job: Job, counts: Counts): Verdict | undefined {
  const { spec } = job;
  const complete = (reason: string, message: string): Verdict => ({ type: 'Complete', reason, message });
  if (isIndexed(job) && spec.successPolicy !== undefined) {
    const at = (spec.successPolicy.rules ?? []).findIndex((rule) => isMet(rule, counts, spec.completions ?? 0));
    if (at !== -1) return complete('SuccessPolicy', `Matched rules at index ${at}`);
  }
  const isDone =
    spec.completions === undefined
      ? counts.succeeded > 0 && counts.active.length === 0 // a work queue: the first to succeed says there is no more work
      : counts.succeeded >= spec.completions;
  return isDone ? complete('CompletionsReached', 'Reached expected number of succeeded pods') : undefined;
}

function isMet(
  { succeededIndexes, succeededCount }: SuccessPolicyRule,
  { completedIndexes }: Counts,
  completions: number,
): boolean {
  if (succeededIndexes === undefined) return succeededCount !== undefined && completedIndexes.size >= succeededCount;
  const wanted = parseIndexes(succeededIndexes, completions);
  const done = [...wanted].filter((index) => completedIndexes.has(index)).length;
  return done >= (succeededCount ?? wanted.size);
}
