import { keyOf } from '#lib/api/resource.ts';
import { bindings, pods as podResource } from '#lib/api/resources.ts';
import type { Namespace, Node, Pod } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { type EventRecorder, referenceTo } from '#lib/client/events.ts';
import type { Informer } from '#lib/client/informer.ts';
import type { Clock } from '#lib/clock.ts';
import { hasReason } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import { helps, isNodeChange, podChange } from './change.ts';
import type { Plugin, World } from './plugin.ts';
import { defaultPlugins } from './plugins/default.ts';
import { preempt } from './preempt.ts';
import { SchedulingQueue } from './queue.ts';
import { type Outcome, schedule } from './schedule.ts';
import { hasEnded, Snapshot } from './snapshot.ts';
import type { SchedulerVolumes } from './volumes.ts';
import { nominate, refusePod } from './write.ts';

export interface SchedulerOptions {
  readonly client: Client;
  readonly informers: {
    readonly pods: Informer<Pod>;
    readonly nodes: Informer<Node>;
    readonly namespaces: Informer<Namespace>;
  };
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Log;
  /** `default-scheduler` unless told: pods name the one they want. */
  readonly name?: string;
  readonly plugins?: readonly Plugin[];
  /** Ties a pod's volumes before the pod is bound. */
  readonly volumes: SchedulerVolumes;
}

/**
 * Gives pods that have no node one, as soon as they appear, one after another; bindings are written side by side.
 * A pod counts on its node from the decision on. Works until `signal` is aborted.
 */
export async function runScheduler(options: SchedulerOptions, signal: AbortSignal): Promise<void> {
  const { informers, clock, log, name = 'default-scheduler', plugins = defaultPlugins } = options;
  const snapshot = new Snapshot();
  const queue = new SchedulingQueue();
  let bell = Promise.withResolvers<void>();
  let turn = 0;
  let binding = 0;
  const ring = () => {
    bell.resolve();
    bell = Promise.withResolvers<void>();
  };
  signal.addEventListener('abort', ring, { once: true });

  const isMine = (pod: Pod) => (pod.spec.schedulerName || 'default-scheduler') === name;
  informers.nodes.onChange((node, before) => {
    if (node === undefined) snapshot.removeNode(before!.metadata.name);
    else snapshot.setNode(node);
    if (node === undefined || !isNodeChange(before, node)) return;
    queue.wake('node');
    ring();
  });
  informers.pods.onChange((pod, before) => {
    const uid = (pod ?? before)!.metadata.uid ?? '';
    if (pod === undefined || pod.spec.nodeName || hasEnded(pod)) {
      queue.remove(uid);
      if (pod === undefined || hasEnded(pod)) {
        snapshot.removePod(uid);
        queue.wake('room');
      } else {
        snapshot.setPod(pod);
        const change = podChange(before, pod);
        if (change !== undefined) queue.wake(change);
      }
    } else if (isMine(pod) && !pod.metadata.deletionTimestamp && (pod.spec.schedulingGates ?? []).length === 0) {
      if (before === undefined || !isOnlyStatus(before, pod)) queue.add(pod, clock.now());
    } else {
      queue.remove(uid);
    }
    ring();
  });

  options.volumes.onChange(() => {
    queue.wake('volume');
    ring();
  });

  const world = (): World => ({
    nodes: [...snapshot.nodes.values()],
    namespaceLabels: (namespace) => informers.namespaces.get(namespace)?.metadata.labels ?? {},
  });

  await Promise.all([informers.nodes.synced, informers.pods.synced, options.volumes.synced]);
  let breathedMs = clock.now();
  while (!signal.aborted) {
    const pod = binding < mostBindings ? queue.take(clock.now()) : undefined;
    if (pod === undefined) {
      await (binding < mostBindings ? rest() : bell.promise);
      continue;
    }
    decide(pod);
    if (clock.now() - breathedMs < mostBreathMs) continue;
    await new Promise((resolve) => setImmediate(resolve)); // others in this process want to run, too
    breathedMs = clock.now();
  }

  async function rest(): Promise<void> {
    const wakeMs = queue.nextWakeMs();
    if (wakeMs === undefined) return bell.promise;
    const nap = new AbortController();
    const sleep = clock.sleep(Math.max(0, wakeMs - clock.now()), AbortSignal.any([signal, nap.signal])).catch(() => {});
    await Promise.race([bell.promise, sleep]);
    nap.abort();
  }

  function decide(pod: Pod): void {
    const seen = world();
    const outcome = schedule(pod, seen, plugins, turn);
    turn += outcome.evaluated + 1;
    if (outcome.node === undefined) {
      queue.putBack(pod, clock.now(), false, helps(pod, outcome.refusals));
      void refuse(pod, outcome, seen).catch((error) => warn(pod, error));
      return;
    }
    const { node } = snapshot.nodes.get(outcome.node)!;
    const isThere = () => informers.pods.get(keyOf(pod))?.metadata.uid === pod.metadata.uid;
    const tie = options.volumes.reserve(pod, node, isThere);
    snapshot.assume(pod, outcome.node);
    void bind(pod, outcome.node, tie).catch((error) => {
      snapshot.removePod(pod.metadata.uid ?? '');
      queue.wake('room');
      if (signal.aborted || hasReason(error, 'NotFound')) return; // it was deleted meanwhile
      if (!hasReason(error, 'Conflict')) warn(pod, error);
      queue.putBack(pod, clock.now(), true);
      ring();
    });
  }

  async function bind(pod: Pod, node: string, tie: (signal: AbortSignal) => Promise<void>): Promise<void> {
    await tie(signal);
    const { namespace, name: podName, uid } = pod.metadata;
    const body = {
      metadata: { name: podName, namespace, uid },
      target: { kind: 'Node', name: node },
    };
    binding++;
    await options.client.create(bindings, body, signal).finally(() => {
      if (binding-- === mostBindings) ring();
    });
    const about = referenceTo(podResource, pod);
    options.events.record(about, 'Normal', 'Scheduled', `Successfully assigned ${keyOf(pod)} to ${node}`);
    log.debug('Bound pod', { pod: keyOf(pod), node });
  }

  async function refuse(pod: Pod, outcome: Extract<Outcome, { node?: undefined }>, seen: World): Promise<void> {
    const plan = preempt(pod, seen, plugins, outcome.refusals);
    const message = plan === undefined ? `${outcome.message} ${noPreemption(outcome, seen)}`.trim() : outcome.message;
    options.events.record(referenceTo(podResource, pod), 'Warning', 'FailedScheduling', message);
    await refusePod(options.client, pod, message, clock, signal);
    if (plan !== undefined) await nominate(options, pod, plan, signal);
  }

  function warn(pod: Pod, error: unknown): void {
    if (!signal.aborted) log.warn('Could not schedule', { pod: keyOf(pod), err: error });
  }
}

const mostBindings = 256;
const mostBreathMs = 10;

function noPreemption(outcome: Extract<Outcome, { node?: undefined }>, { nodes }: World): string {
  if (nodes.length === 0) return '';
  const final = [...outcome.refusals.values()].filter((refusal) => refusal.isFinal).length;
  const parts = [
    ...(nodes.length - final > 0 ? [`${nodes.length - final} No preemption victims found for incoming pod`] : []),
    ...(final > 0 ? [`${final} Preemption is not helpful for scheduling`] : []),
  ];
  return `preemption: 0/${nodes.length} nodes are available: ${parts.join(', ')}.`;
}

/** A change that cannot make a pod fit: what the scheduler itself wrote, mostly. */
function isOnlyStatus(before: Pod, now: Pod): boolean {
  return (
    before.metadata.generation === now.metadata.generation &&
    JSON.stringify(before.spec) === JSON.stringify(now.spec) &&
    JSON.stringify(before.metadata.labels) === JSON.stringify(now.metadata.labels)
  );
}
