// Where failures of each index are limited, each index fails and pauses for itself. Pure.
// Rule: Job, "Backoff limit per index"; kubernetes pkg/controller/job, backoff_utils and indexed_job_utils.
import type { Job } from '#lib/api/types/batch.v1.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { actionFor } from './failure-policy.ts';
import { failuresBefore, finishedAtMs, ignoredBefore, indexOf, isActive, isFailed } from './pods.ts';

export interface IndexHistory {
  /** How often it has failed, and how often that did not count. */
  readonly failures: number;
  readonly ignored: number;
  /** When it failed last. */
  readonly lastMs: number;
}

/** What each index that has failed went through, by its last pod: that one bears the numbers of those before. */
export function historiesOf(job: Job, pods: readonly Pod[], nowMs: number): ReadonlyMap<number, IndexHistory> {
  const histories = new Map<number, IndexHistory>();
  for (const pod of pods) {
    const index = indexOf(pod);
    if (index === undefined || !isFailed(pod, job)) continue;
    const isIgnored = actionFor(pod, job).action === 'Ignore';
    const history = {
      failures: failuresBefore(pod) + (isIgnored ? 0 : 1),
      ignored: ignoredBefore(pod) + (isIgnored ? 1 : 0),
      lastMs: finishedAtMs(pod, nowMs),
    };
    const known = histories.get(index);
    if (known === undefined || timesOf(known) < timesOf(history)) histories.set(index, history);
  }
  return histories;
}

/**
 * Failed pods that bear the numbers of their index and have no successor yet: were they deleted now, the index would begin
 * anew. They keep their finalizer until there is one.
 */
export function bearersOf(job: Job, pods: readonly Pod[], over: ReadonlySet<number>): ReadonlySet<Pod> {
  if (job.spec.backoffLimitPerIndex === undefined) return new Set();
  const followed = new Set(pods.filter(isActive).map(indexOf));
  const last = new Map<number, Pod>();
  for (const pod of pods) {
    const index = indexOf(pod);
    if (index === undefined || index >= (job.spec.completions ?? 0) || !isFailed(pod, job)) continue;
    if (over.has(index) || followed.has(index)) continue;
    const known = last.get(index);
    if (known === undefined || failuresOf(known) <= failuresOf(pod)) last.set(index, pod);
  }
  return new Set(last.values());
}

function failuresOf(pod: Pod): number {
  return failuresBefore(pod) + ignoredBefore(pod);
}

/** All failures of an index make its pause longer, those that do not count, too. */
export function timesOf({ failures, ignored }: IndexHistory): number {
  return failures + ignored;
}
