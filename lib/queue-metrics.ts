import type { Metrics } from '#lib/metrics.ts';

/** What queues of keys count. Names and labels are those of client-go's workqueue. */
export interface QueueMetrics {
  /** A queue that there is from now on, and how many keys wait in it. */
  watch(name: string, depth: () => number): void;
  added(name: string, key: string): void;
  /** A worker took a key. Call the result when it is done. */
  started(name: string, key: string): () => void;
  retried(name: string): void;
}

export function createQueueMetrics(metrics: Metrics, now: () => number = () => performance.now()): QueueMetrics {
  const depths = new Map<string, () => number>();
  const waiting = new Map<string, Map<string, number>>(); // since when, by queue and key: bounded by the keys that wait
  const running = new Map<string, Map<string, number>>();
  const adds = metrics.counter('workqueue_adds_total', 'Keys put into the queue.', ['name']);
  const retries = metrics.counter('workqueue_retries_total', 'Keys put back after a failure.', ['name']);
  const waits = metrics.histogram('workqueue_queue_duration_seconds', 'How long a key waited.', ['name'], seconds);
  const works = metrics.histogram(
    'workqueue_work_duration_seconds',
    'How long the work on a key took.',
    ['name'],
    seconds,
  );
  metrics.gaugeFrom('workqueue_depth', 'Keys that wait.', ['name'], () =>
    [...depths].map(([name, depth]) => ({ values: [name], value: depth() })),
  );
  metrics.gaugeFrom(
    'workqueue_unfinished_work_seconds',
    'Seconds spent so far on keys that are being worked on.',
    ['name'],
    () => agesOf((ages) => ages.reduce((sum, age) => sum + age, 0)),
  );
  metrics.gaugeFrom(
    'workqueue_longest_running_processor_seconds',
    'Seconds spent so far on the key that takes longest.',
    ['name'],
    () => agesOf((ages) => ages.reduce((most, age) => Math.max(most, age), 0)),
  );

  function agesOf(reduce: (ages: readonly number[]) => number) {
    return [...running].map(([name, since]) => {
      return { values: [name], value: reduce([...since.values()].map((ms) => (now() - ms) / 1000)) };
    });
  }

  return {
    watch(name, depth) {
      depths.set(name, depth);
      waiting.set(name, new Map());
      running.set(name, new Map());
      adds.add([name], 0); // seen from the start
      retries.add([name], 0);
    },
    added(name, key) {
      adds.add([name]);
      const since = waiting.get(name)!;
      if (!since.has(key)) since.set(key, now());
    },
    started(name, key) {
      const fromMs = now();
      waits.observe([name], (fromMs - (waiting.get(name)!.get(key) ?? fromMs)) / 1000);
      waiting.get(name)!.delete(key);
      running.get(name)!.set(key, fromMs);
      return () => {
        running.get(name)?.delete(key);
        works.observe([name], (now() - fromMs) / 1000);
      };
    },
    retried: (name) => retries.add([name]),
  };
}
const seconds = Array.from({ length: 10 }, (_, i) => 10 ** (i - 8)); // 10 ns to 10 s
