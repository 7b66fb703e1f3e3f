import { backoffMs as exponential } from '#lib/backoff.ts';
import type { Clock } from '#lib/clock.ts';
import { KeyedQueue } from '#lib/keyed-queue.ts';
import type { Log } from '#lib/log.ts';
import type { QueueMetrics } from '#lib/queue-metrics.ts';

export interface ControllerOptions {
  readonly name: string;
  /**
   * Brings what `key` names closer to what is wanted: reads all that it needs, plans, writes what differs.
   * Returns when to look again: `undefined` if settled, a number of milliseconds otherwise; a throw means again with back-off.
   */
  reconcile(key: string, signal: AbortSignal): Promise<number | undefined>;
  /** How many keys may run at once. */
  readonly workers?: number;
  /** Milliseconds before the next try after so many failures in a row. */
  backoffMs?(failures: number): number;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: QueueMetrics;
  /** How the queue is called there; by `name` unless told. */
  readonly metricsName?: string;
}

export interface Controller {
  /** Asks for a run of `key`, soon. */
  add(key: string): void;
  /** Asks for a run of `key` after `ms`, unless one is due before that: it will say again when to look. */
  addAfter(key: string, ms: number): void;
  /** Works until `signal` is aborted. */
  run(signal: AbortSignal): Promise<void>;
  /** For /debug/queues. */
  inspect(): { readonly waiting: readonly string[]; readonly running: readonly string[]; readonly failures: number };
}

/** A queue of keys, each run by at most one worker at a time: the newest wish wins, a failure is tried again later. */
export function createController(options: ControllerOptions): Controller {
  const { name, reconcile, clock, log, workers = 1, backoffMs = standardBackoffMs, metrics } = options;
  const { metricsName = name } = options;
  const queue = new KeyedQueue();
  const failures = new Map<string, number>(); // bounded by the keys that fail
  const pending = new Map<string, { readonly dueMs: number; readonly cancel: AbortController }>(); // one a key
  const later = new AbortController();
  let bell = Promise.withResolvers<void>();

  function ring(): void {
    bell.resolve();
    bell = Promise.withResolvers<void>();
  }

  metrics?.watch(metricsName, () => queue.size);

  function add(key: string): void {
    queue.add(key);
    metrics?.added(metricsName, key);
    ring();
  }

  function addAfter(key: string, ms: number): void {
    if (ms <= 0) {
      add(key);
      return;
    }
    const dueMs = clock.now() + ms;
    const known = pending.get(key);
    if (known !== undefined && known.dueMs <= dueMs) return;
    known?.cancel.abort();
    const cancel = new AbortController();
    pending.set(key, { dueMs, cancel });
    clock.sleep(ms, AbortSignal.any([cancel.signal, later.signal])).then(
      () => {
        pending.delete(key);
        add(key);
      },
      () => {}, // replaced, or the controller has ended
    );
  }

  async function work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const key = queue.take();
      if (key === undefined) {
        await bell.promise; // resolved and replaced by add(), finish and abort: no wake-up is lost
        continue;
      }
      const done = metrics?.started(metricsName, key);
      const againMs = await attempt(key, signal);
      queue.finish(key);
      done?.();
      ring();
      if (againMs !== undefined) addAfter(key, againMs);
    }
  }

  async function attempt(key: string, signal: AbortSignal): Promise<number | undefined> {
    try {
      const againMs = await reconcile(key, signal);
      failures.delete(key);
      return againMs;
    } catch (error) {
      if (signal.aborted) return undefined;
      const count = (failures.get(key) ?? 0) + 1;
      failures.set(key, count);
      metrics?.retried(metricsName);
      log.warn('Reconcile failed', { controller: name, key, failures: count, err: error });
      return backoffMs(count);
    }
  }

  return {
    add,
    addAfter,
    async run(signal) {
      const stop = () => {
        later.abort();
        ring();
      };
      signal.addEventListener('abort', stop, { once: true });
      await Promise.all(Array.from({ length: workers }, () => work(signal)));
      later.abort();
    },
    inspect: () => ({ waiting: queue.waiting, running: queue.running, failures: failures.size }),
  };
}

/** client-go's default: 5 ms, doubling, capped; the cap here is a minute rather than 1,000 s: a lab should heal soon. */
function standardBackoffMs(failures: number): number {
  return exponential(failures, { firstMs: 5, mostMs: 60_000 });
}
