import type { Metrics } from '#lib/metrics.ts';
import type { SchedulingQueue } from './queue.ts';
import type { Snapshot } from './snapshot.ts';

export type Result = 'scheduled' | 'unschedulable' | 'error';

/** What the scheduler counts. Names and labels are kube-scheduler's. */
export interface SchedulerMetrics {
  attempt(result: Result, profile: string, seconds: number): void;
  algorithm(seconds: number): void;
  /** A pod that was bound: how often it was tried, and since when it waited. */
  bound(attempts: number, seconds: number): void;
  preempted(victims: number): void;
}

export function createSchedulerMetrics(
  metrics: Metrics,
  { queue, snapshot }: { readonly queue: SchedulingQueue; readonly snapshot: Snapshot },
): SchedulerMetrics {
  const attempts = metrics.counter(
    'scheduler_schedule_attempts_total',
    'Number of attempts to schedule pods, by the result.',
    ['result', 'profile'],
  );
  const attemptSeconds = metrics.histogram(
    'scheduler_scheduling_attempt_duration_seconds',
    'Scheduling attempt latency in seconds (scheduling algorithm + binding)',
    ['result', 'profile'],
    milliseconds,
  );
  const algorithmSeconds = metrics.histogram(
    'scheduler_scheduling_algorithm_duration_seconds',
    'Scheduling algorithm latency in seconds',
    [],
    milliseconds,
  );
  const podAttempts = metrics.histogram(
    'scheduler_pod_scheduling_attempts',
    'Number of attempts to successfully schedule a pod.',
    [],
    [1, 2, 4, 8, 16],
  );
  const sliSeconds = metrics.histogram(
    'scheduler_pod_scheduling_sli_duration_seconds',
    'E2e latency for a pod being scheduled, from the time the pod enters the scheduling queue.',
    ['attempts'],
    Array.from({ length: 20 }, (_, i) => 0.01 * 2 ** i),
  );
  const preemptions = metrics.counter(
    'scheduler_preemption_attempts_total',
    'Total preemption attempts in the cluster till now',
    [],
  );
  const victims = metrics.histogram(
    'scheduler_preemption_victims',
    'Number of selected preemption victims',
    [],
    [1, 2, 4, 8, 16, 32, 64],
  );
  metrics.gaugeFrom(
    'scheduler_unschedulable_pods',
    'The number of unschedulable pods broken down by plugin name.',
    ['plugin', 'profile'],
    () => [...queue.refusals()].map(([key, value]) => ({ values: key.split(' '), value })),
  );
  metrics.gaugeFrom('scheduler_pending_pods', 'Number of pending pods, by the queue type.', ['queue'], () =>
    Object.entries(queue.sizes).map(([name, value]) => ({ values: [name], value })),
  );
  metrics.gaugeFrom('scheduler_cache_size', 'Number of nodes and pods in the scheduler cache.', ['type'], () => [
    { values: ['nodes'], value: snapshot.nodes.length },
    { values: ['pods'], value: snapshot.podCount },
  ]);
  return {
    attempt(result, profile, seconds) {
      attempts.add([result, profile]);
      attemptSeconds.observe([result, profile], seconds);
    },
    algorithm: (seconds) => algorithmSeconds.observe([], seconds),
    bound(count, seconds) {
      podAttempts.observe([], count);
      sliSeconds.observe([String(count >= 16 ? '16+' : count)], seconds);
    },
    preempted(count) {
      preemptions.add([]);
      victims.observe([], count);
    },
  };
}
const milliseconds = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i);
