import type { Metrics } from '#lib/metrics.ts';
import type { SchedulingQueue } from './queue.ts';
import type { Snapshot } from './snapshot.ts';
import type { Told } from './timed.ts';

export type Result = 'scheduled' | 'unschedulable' | 'error';

/** What the scheduler counts. Names and labels are kube-scheduler's. */
export interface SchedulerMetrics {
  attempt(result: Result, profile: string, seconds: number): void;
  algorithm(seconds: number): void;
  /** A pod that was bound: how often it was tried, and since when it waited. */
  bound(attempts: number, seconds: number): void;
  preempted(victims: number): void;
  /** A pod came to be in a part of the queue. */
  moved(queue: string, event: string): void;
  /** All plugins of a point are done with a pod. */
  passed(point: string, status: string, profile: string, seconds: number): void;
  /** A plugin was asked about a pod. */
  asked(plugin: string, point: string, profile: string): void;
  /** One call of a plugin; of few pods only. */
  ran: Told;
}

export function createSchedulerMetrics(
  metrics: Metrics,
  { queue, snapshot, gated, binding }: MeasuredScheduler,
): SchedulerMetrics {
  const attempts = metrics.counter(
    'scheduler_schedule_attempts_total',
    'Tries to find a node for a pod, by how they ended.',
    ['result', 'profile'],
  );
  const attemptSeconds = metrics.histogram(
    'scheduler_scheduling_attempt_duration_seconds',
    'How long a try took, binding included.',
    ['result', 'profile'],
    milliseconds,
  );
  const algorithmSeconds = metrics.histogram(
    'scheduler_scheduling_algorithm_duration_seconds',
    'How long choosing a node took.',
    [],
    milliseconds,
  );
  const podAttempts = metrics.histogram(
    'scheduler_pod_scheduling_attempts',
    'Tries until a pod had its node.',
    [],
    [1, 2, 4, 8, 16],
  );
  const sliSeconds = metrics.histogram(
    'scheduler_pod_scheduling_sli_duration_seconds',
    "From a pod's coming into the queue until it had its node.",
    ['attempts'],
    Array.from({ length: 20 }, (_, i) => 0.01 * 2 ** i),
  );
  const preemptions = metrics.counter('scheduler_preemption_attempts_total', 'Tries to make room for a pod.', []);
  const victims = metrics.histogram(
    'scheduler_preemption_victims',
    'Pods chosen to make room.',
    [],
    [1, 2, 4, 8, 16, 32, 64],
  );
  const incoming = metrics.counter(
    'scheduler_queue_incoming_pods_total',
    'Pods that came to be in a part of the queue, by why.',
    ['queue', 'event'],
  );
  const points = metrics.histogram(
    'scheduler_framework_extension_point_duration_seconds',
    'How long all plugins of a point took for a pod.',
    ['extension_point', 'status', 'profile'],
    Array.from({ length: 12 }, (_, i) => 0.0001 * 2 ** i),
  );
  const calls = metrics.histogram(
    'scheduler_plugin_execution_duration_seconds',
    'How long a plugin took, for one node or for all; one pod of many is measured.',
    ['plugin', 'extension_point', 'status'],
    Array.from({ length: 20 }, (_, i) => 0.00001 * 1.5 ** i),
  );
  const evaluations = new Map<string, Map<string, Map<string, number>>>(); // by profile, plugin, point: no text is made for a pod
  metrics.counterFrom(
    'scheduler_plugin_evaluation_total',
    'How often a plugin was asked about a pod.',
    ['plugin', 'extension_point', 'profile'],
    () =>
      [...evaluations].flatMap(([profile, plugins]) =>
        [...plugins].flatMap(([plugin, counts]) =>
          [...counts].map(([point, value]) => ({ values: [plugin, point, profile], value })),
        ),
      ),
  );
  metrics.gaugeFrom('scheduler_goroutines', 'Work under way beside the decisions.', ['operation'], () => [
    { values: ['binding'], value: binding() },
  ]);
  metrics.gaugeFrom(
    'scheduler_unschedulable_pods',
    'Pods without a node, by the plugin that finds none.',
    ['plugin', 'profile'],
    () => [...queue.refusals()].map(([key, value]) => ({ values: key.split(' '), value })),
  );
  metrics.gaugeFrom('scheduler_pending_pods', 'Pods that wait, by part of the queue.', ['queue'], () =>
    Object.entries({ ...queue.sizes, gated: gated() }).map(([name, value]) => ({ values: [name], value })),
  );
  metrics.gaugeFrom('scheduler_cache_size', 'What the scheduler knows of.', ['type'], () => [
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
    moved: (part, event) => incoming.add([part, event]),
    passed: (point, status, profile, seconds) => points.observe([point, status, profile], seconds),
    asked(plugin, point, profile) {
      const counts = inside(inside(evaluations, profile), plugin);
      counts.set(point, (counts.get(point) ?? 0) + 1);
    },
    ran: (plugin, point, status, seconds) => calls.observe([plugin, point, status], seconds),
  };
}

export interface MeasuredScheduler {
  readonly queue: SchedulingQueue;
  readonly snapshot: Snapshot;
  /** How many pods have gates. */
  gated(): number;
  /** How many bindings are under way. */
  binding(): number;
}

function inside<V>(outer: Map<string, Map<string, V>>, key: string): Map<string, V> {
  let inner = outer.get(key);
  if (inner === undefined) outer.set(key, (inner = new Map()));
  return inner;
}

const milliseconds = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i);
