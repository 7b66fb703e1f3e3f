// How long pods take on this node, under the kubelet's names.
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Clock } from '#lib/clock.ts';
import type { Metrics } from '#lib/metrics.ts';
import type { QueueMetrics } from '#lib/queue-metrics.ts';
import { containersOf, type Kind } from './containers.ts';
import type { RecordPod } from './record.ts';

export interface PodMetrics {
  /** Of the queue whose keys are the pods' uids. */
  readonly queue: QueueMetrics;
  /** A full list of what the runtime has began then, and has succeeded. */
  listed(beganAtMs: number): void;
  /** The API has this pod, or has it no more. */
  see(now: Pod | undefined, before: Pod | undefined): void;
  /** A sandbox is made. @throws what `make` throws */
  sandbox<T>(make: () => Promise<T>): Promise<T>;
  /** A container of this kind is started; `reason`: why it could not be. */
  starting(kind: Kind): void;
  notStarted(kind: Kind, reason: string): void;
  /** The same; what is told of pulls is noted. */
  following(record: RecordPod): RecordPod;
}

interface Start {
  readonly seenAtMs: number;
  /** A worker has begun with it. */
  hasWorker: boolean;
  /** The API has a newer version than the one that was worked on. */
  isNew: boolean;
  pullsFromMs?: number;
  pullsUntilMs?: number;
  isOver: boolean;
}

export function createPodMetrics(metrics: Metrics, clock: Pick<Clock, 'now'>): PodMetrics {
  const histogram = (name: string, help: string, buckets: readonly number[], labels: readonly string[] = []) =>
    metrics.histogram(`kubelet_${name}_seconds`, help, labels, buckets);
  const lists = histogram('pleg_relist_duration', 'How long a list of all of the runtime took.', standard);
  const intervals = histogram('pleg_relist_interval', 'From one list of all of the runtime to the next.', standard);
  const works = histogram('pod_worker_duration', 'How long a look at a pod took, by what it was for.', standard, [
    'operation_type',
  ]);
  const waits = histogram('pod_worker_start_duration', "From a pod's being seen until its worker began.", standard);
  const starts = histogram('pod_start_duration', "From a pod's being seen until it ran.", long);
  const inAll = histogram(
    'pod_start_total_duration',
    "From a pod's creation until the API showed all its containers started.",
    long,
  );
  const ownPart = histogram(
    'pod_start_sli_duration',
    'The same, but for pulling images and for init containers.',
    long,
  );
  const count = (name: string, help: string, labels: readonly string[] = []) =>
    metrics.counter(`kubelet_started_${name}_total`, help, labels);
  const sandboxes = count('pods', 'Sandboxes that were started.');
  const sandboxErrors = count('pods_errors', 'Sandboxes that could not be started.');
  const containers = count('containers', 'Containers that were started.', ['container_type']);
  const containerErrors = count('containers_errors', 'Containers that could not be started.', [
    'container_type',
    'code',
  ]);
  for (const counter of [sandboxes, sandboxErrors]) counter.add([], 0); // seen from the start
  let listedAtMs = 0;
  metrics.gaugeFrom('kubelet_pleg_last_seen_seconds', 'When all of the runtime was last listed.', [], () =>
    listedAtMs === 0 ? [] : [{ values: [], value: listedAtMs / 1000 }],
  );
  metrics
    .counter('kubelet_pleg_discard_events', 'Changes seen at the runtime that nobody could be told of.', [])
    .add([], 0); // none is
  const pods = new Map<string, Start>(); // by uid; bounded by the pods of this node

  function startOf(uid: string): Start {
    const start = pods.get(uid) ?? { seenAtMs: clock.now(), hasWorker: false, isNew: true, isOver: false };
    pods.set(uid, start);
    return start;
  }

  function hasStarted(pod: Pod, start: Start): void {
    const nowMs = clock.now();
    const { creationTimestamp } = pod.metadata;
    starts.observe([], (nowMs - start.seenAtMs) / 1000);
    if (creationTimestamp === undefined) return; // of no API
    const wholeMs = nowMs - Date.parse(creationTimestamp);
    const pullsMs = (start.pullsUntilMs ?? 0) - (start.pullsFromMs ?? 0);
    inAll.observe([], Math.max(0, wholeMs) / 1000);
    ownPart.observe([], Math.max(0, wholeMs - pullsMs - initMs(pod)) / 1000);
  }

  return {
    queue: {
      watch() {},
      added() {},
      retried() {},
      started(_name, uid) {
        const beganAtMs = clock.now();
        const start = pods.get(uid);
        const operation = start === undefined ? 'sync' : !start.hasWorker ? 'create' : start.isNew ? 'update' : 'sync';
        if (start !== undefined) {
          if (!start.hasWorker) waits.observe([], (beganAtMs - start.seenAtMs) / 1000);
          [start.hasWorker, start.isNew] = [true, false];
        }
        return () => works.observe([operation], (clock.now() - beganAtMs) / 1000);
      },
    },
    listed(beganAtMs) {
      const nowMs = clock.now();
      lists.observe([], (nowMs - beganAtMs) / 1000);
      if (listedAtMs !== 0) intervals.observe([], (beganAtMs - listedAtMs) / 1000);
      listedAtMs = nowMs;
    },
    async sandbox(make) {
      sandboxes.add([]);
      try {
        return await make();
      } catch (error) {
        sandboxErrors.add([]);
        throw error;
      }
    },
    starting: (kind) => containers.add([typeOf[kind]]),
    notStarted: (kind, reason) => containerErrors.add([typeOf[kind], reason]),
    see(now, before) {
      const { uid = '' } = (now ?? before)?.metadata ?? {};
      if (now === undefined) {
        pods.delete(uid);
        return;
      }
      const isKnown = pods.has(uid);
      const start = startOf(uid);
      start.isNew = true;
      const { phase } = now.status;
      // What ran before this agent did was started by another one.
      if (!isKnown && phase !== undefined && phase !== 'Pending') start.isOver = true;
      if (start.isOver || !haveStarted(now)) return;
      start.isOver = true;
      hasStarted(now, start);
    },
    following(record) {
      return (pod, type, reason, message, container) => {
        const start = pods.get(pod.metadata.uid ?? '');
        if (start !== undefined && reason === 'Pulling') start.pullsFromMs ??= clock.now();
        if (start?.pullsFromMs !== undefined && reason === 'Pulled' && message.startsWith('Successfully'))
          start.pullsUntilMs = clock.now();
        record(pod, type, reason, message, container);
      };
    },
  };
}

const typeOf: Readonly<Record<Kind, string>> = {
  main: 'container',
  init: 'init_container',
  sidecar: 'init_container',
  ephemeral: 'ephemeral_container',
};

/** Whether the API knows that all of its containers have begun. */
function haveStarted({ spec, status }: Pod): boolean {
  if (status.phase !== 'Running') return false;
  const known = status.containerStatuses ?? [];
  return spec.containers.every(({ name }) => {
    const { running, terminated } = known.find((one) => one.name === name)?.state ?? {};
    return running !== undefined || terminated !== undefined;
  });
}

/** How long its init containers ran. */
function initMs(pod: Pod): number {
  const names = new Set(containersOf(pod).flatMap(({ kind, container }) => (kind === 'init' ? container.name : [])));
  return (pod.status.initContainerStatuses ?? []).reduce((sum, { name, state }) => {
    const { startedAt, finishedAt } = state?.terminated ?? {};
    if (!names.has(name) || !startedAt || !finishedAt) return sum;
    return sum + Date.parse(finishedAt) - Date.parse(startedAt);
  }, 0);
}

const standard = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const long = [
  0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600,
];
