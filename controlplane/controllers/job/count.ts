import type { Job } from '#lib/api/types/batch.v1.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { actionFor } from './failure-policy.ts';
import { parseIndexes } from './indexes.ts';
import {
  failuresBefore,
  hasFinalizer,
  indexOf,
  isActive,
  isFailed,
  isIndexed,
  isSucceeded,
  isTerminating,
} from './pods.ts';

/**
 * What has come of a Job's pods. A pod is counted exactly once: its uid is first noted in the status (uncounted), then its
 * finalizer is taken off, and only then does it move into the numbers. Rule: Job, "Job termination and cleanup"; KEP-2307.
 */
export interface Counts {
  readonly active: readonly Pod[];
  readonly terminating: number;
  readonly ready: number;
  /** In the numbers of the status already, or certain to get there. */
  readonly succeeded: number;
  readonly failed: number;
  /** What the status shows once those whose finalizer is off have moved. */
  readonly counted: { readonly succeeded: number; readonly failed: number };
  readonly uncounted: { readonly succeeded: readonly string[]; readonly failed: readonly string[] };
  /** Noted in the stored status, so that the finalizer may go; and pods that do not count at all. */
  readonly toRelease: readonly Pod[];
  readonly completedIndexes: ReadonlySet<number>;
  readonly failedIndexes: ReadonlySet<number>;
  /** A rule of the failure policy ends the Job. */
  readonly failJob: string | undefined;
  /** Actions of the rules of the failure policy that fit pods that have just failed. */
  readonly handled: readonly string[];
}

export function countPods(job: Job, pods: readonly Pod[]): Counts {
  const { spec, status } = job;
  const most = spec.completions ?? Number.MAX_SAFE_INTEGER;
  const before = {
    succeeded: new Set(status.uncountedTerminatedPods?.succeeded ?? []),
    failed: new Set(status.uncountedTerminatedPods?.failed ?? []),
  };
  const held = new Set(pods.filter(hasFinalizer).map(({ metadata }) => metadata.uid!));
  const completed = new Set(parseIndexes(status.completedIndexes, most));
  const failedIndexes = new Set(parseIndexes(status.failedIndexes, most));
  const uncounted = {
    succeeded: [...before.succeeded].filter((uid) => held.has(uid)),
    failed: [...before.failed].filter((uid) => held.has(uid)),
  };
  let movedSucceeded = before.succeeded.size - uncounted.succeeded.length;
  const movedFailed = before.failed.size - uncounted.failed.length;
  const toRelease: Pod[] = [];
  let failJob: string | undefined;
  const handled: string[] = [];
  for (const pod of pods) {
    const uid = pod.metadata.uid!;
    if (!hasFinalizer(pod)) continue;
    const isNoted = before.succeeded.has(uid) || before.failed.has(uid);
    if (isNoted) {
      toRelease.push(pod);
    } else if (isSucceeded(pod)) {
      const index = indexOf(pod);
      if (!isIndexed(job)) uncounted.succeeded.push(uid);
      else {
        if (index !== undefined && index < most && !failedIndexes.has(index)) completed.add(index);
        toRelease.push(pod); // the set of indexes is what counts; it is in the status that is written before
      }
    } else if (isFailed(pod, job)) {
      const { action, message } = actionFor(pod, job);
      if (message !== '') handled.push(action);
      if (action === 'FailJob') failJob ??= message;
      if (action === 'Ignore') toRelease.push(pod);
      else uncounted.failed.push(uid);
      noteFailedIndex(job, pod, action, failedIndexes);
    }
  }
  if (isIndexed(job)) movedSucceeded = 0;
  const counted = {
    succeeded: isIndexed(job) ? completed.size : (status.succeeded ?? 0) + movedSucceeded,
    failed: (status.failed ?? 0) + movedFailed,
  };
  return {
    active: pods.filter(isActive),
    terminating: pods.filter(isTerminating).length,
    ready: pods.filter(
      (pod) => isActive(pod) && pod.status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True'),
    ).length,
    counted,
    uncounted,
    succeeded: counted.succeeded + (isIndexed(job) ? 0 : uncounted.succeeded.length),
    failed: counted.failed + uncounted.failed.length,
    toRelease,
    completedIndexes: completed,
    failedIndexes,
    failJob,
    handled,
  };
}

function noteFailedIndex(job: Job, pod: Pod, action: string, failedIndexes: Set<number>): void {
  const limit = job.spec.backoffLimitPerIndex;
  const index = indexOf(pod);
  if (limit === undefined || index === undefined || action === 'Ignore') return;
  if (action === 'FailIndex' || failuresBefore(pod) >= limit) failedIndexes.add(index);
}
