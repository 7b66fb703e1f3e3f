import type { Job } from '#lib/api/types/batch.v1.ts';
import type { Metrics } from '#lib/metrics.ts';
import { isIndexed, replacement } from './pods.ts';

export type SyncAction = 'reconciling' | 'tracking' | 'pods_created' | 'pods_deleted';

/** What the Job controller counts. Names and labels are upstream's. */
export interface JobMetrics {
  synced(job: Job, action: SyncAction, isGood: boolean, seconds: number): void;
  ended(job: Job, isComplete: boolean, reason: string): void;
  /** Of pods that are in the numbers now. */
  podsEnded(job: Job, succeeded: number, failed: number): void;
  podsCreated(job: Job, hasFailed: boolean, hasTerminating: boolean, good: number, bad: number): void;
  indexesEnded(job: Job, succeeded: number, failed: number): void;
  /** A rule of the failure policy was applied to a pod. */
  handled(action: string): void;
  /** An ended pod was seen with our finalizer, or without it again. */
  tracked(event: 'add' | 'delete'): void;
  external(manager: string): void;
}

export function createJobMetrics(metrics: Metrics): JobMetrics {
  const name = (rest: string) => `job_controller_${rest}`;
  const counter = (rest: string, help: string, labels: readonly string[]) => metrics.counter(name(rest), help, labels);
  const syncLabels = ['completion_mode', 'result', 'action'];
  const seconds = metrics.histogram(
    name('job_sync_duration_seconds'),
    'How long a look took.',
    syncLabels,
    syncBuckets,
  );
  const syncs = counter('job_syncs_total', 'Looks at Jobs.', syncLabels);
  const ended = counter('jobs_finished_total', 'Jobs that have ended.', ['completion_mode', 'result', 'reason']);
  const external = counter('jobs_by_external_controller_total', 'Jobs that others manage.', ['controller_name']);
  const pods = counter('job_pods_finished_total', 'Ended pods that are counted.', ['completion_mode', 'result']);
  const handled = counter(
    'pod_failures_handled_by_failure_policy_total',
    'Failed pods to which a rule of the failure policy was applied, by its action.',
    ['action'],
  );
  const tracked = counter(
    'terminated_pods_tracking_finalizer_total',
    'Ended pods that got to have, or lost, the finalizer batch.kubernetes.io/job-tracking.',
    ['event'],
  );
  const indexes = counter('job_finished_indexes_total', 'Indexes that have ended.', ['status', 'backoffLimit']);
  const created = counter('job_pods_creation_total', 'Pods that were to be made, by why and how it went.', [
    'reason',
    'status',
  ]);
  return {
    synced(job, action, isGood, took) {
      const values = [modeOf(job), isGood ? 'success' : 'error', action];
      syncs.add(values);
      seconds.observe(values, took);
    },
    ended: (job, isComplete, reason) => ended.add([modeOf(job), isComplete ? 'succeeded' : 'failed', reason]),
    podsEnded(job, succeeded, failed) {
      if (succeeded > 0) pods.add([modeOf(job), 'succeeded'], succeeded);
      if (failed > 0) pods.add([modeOf(job), 'failed'], failed);
    },
    podsCreated(job, hasFailed, hasTerminating, good, bad) {
      const reason = creationReason(job, hasFailed, hasTerminating);
      if (good > 0) created.add([reason, 'succeeded'], good);
      if (bad > 0) created.add([reason, 'failed'], bad);
    },
    indexesEnded(job, succeeded, failed) {
      const limit = job.spec.backoffLimitPerIndex === undefined ? 'global' : 'perIndex';
      if (succeeded > 0) indexes.add(['succeeded', limit], succeeded);
      if (failed > 0) indexes.add(['failed', limit], failed);
    },
    handled: (action) => handled.add([action]),
    tracked: (event) => tracked.add([event]),
    external: (manager) => external.add([manager]),
  };
}

function modeOf(job: Job): string {
  return isIndexed(job) ? 'Indexed' : 'NonIndexed';
}

function creationReason({ spec }: Job, hasFailed: boolean, hasTerminating: boolean): string {
  if (replacement(spec) === 'Failed' && hasFailed) return 'recreate_failed';
  return hasFailed || hasTerminating ? 'recreate_terminating_or_failed' : 'new';
}

const syncBuckets = Array.from({ length: 15 }, (_, i) => 0.004 * 2 ** i);
