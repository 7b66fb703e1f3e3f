import test from 'ava';
import type { Job } from '#lib/api/types/batch.v1.ts';
import { createMetrics } from '#lib/metrics.ts';
import { createJobMetrics, type JobMetrics } from './metrics.ts';

const job = (spec: object = {}) => ({ metadata: { name: 'j' }, spec }) as unknown as Job;

const counts = test.macro<[(metrics: JobMetrics) => void, string]>({
  title: (_title, _count, line) => `createJobMetrics() shows ${line}`,
  exec(t, count, line) {
    const metrics = createMetrics();
    count(createJobMetrics(metrics));
    t.true(metrics.render().split('\n').includes(line), metrics.render());
  },
});
test(
  counts,
  (metrics) => metrics.ended(job({ completionMode: 'Indexed' }), false, 'FailedIndexes'),
  'job_controller_jobs_finished_total{completion_mode="Indexed",result="failed",reason="FailedIndexes"} 1',
);
test(
  counts,
  (metrics) => metrics.podsEnded(job(), 2, 0),
  'job_controller_job_pods_finished_total{completion_mode="NonIndexed",result="succeeded"} 2',
);
test(
  counts,
  (metrics) => metrics.indexesEnded(job({ backoffLimitPerIndex: 1 }), 0, 3),
  'job_controller_job_finished_indexes_total{status="failed",backoffLimit="perIndex"} 3',
);
test(
  counts,
  (metrics) => metrics.podsCreated(job({ podReplacementPolicy: 'Failed' }), true, false, 2, 0),
  'job_controller_job_pods_creation_total{reason="recreate_failed",status="succeeded"} 2',
);
test(
  counts,
  (metrics) => metrics.podsCreated(job(), false, true, 0, 1),
  'job_controller_job_pods_creation_total{reason="recreate_terminating_or_failed",status="failed"} 1',
);
test(
  counts,
  (metrics) => metrics.handled('Ignore'),
  'job_controller_pod_failures_handled_by_failure_policy_total{action="Ignore"} 1',
);
test(
  counts,
  (metrics) => metrics.tracked('delete'),
  'job_controller_terminated_pods_tracking_finalizer_total{event="delete"} 1',
);
test(
  counts,
  (metrics) => metrics.external('example.com/mine'),
  'job_controller_jobs_by_external_controller_total{controller_name="example.com/mine"} 1',
);
