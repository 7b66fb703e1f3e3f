import { keyOf } from '#lib/api/resource.ts';
import { bindings, pods as podResource } from '#lib/api/resources.ts';
import type { Namespace, Node, Pod } from '#lib/api/types/core.v1.ts';
import type { PodDisruptionBudget } from '#lib/api/types/policy.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { type EventRecorder, referenceTo } from '#lib/client/events.ts';
import type { Informer, Reader } from '#lib/client/informer.ts';
import type { Clock } from '#lib/clock.ts';
import { hasReason } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import { createMetrics, type Metrics } from '#lib/metrics.ts';
import { type Change, isNodeChange, isOnlyStatus, podChange } from './change.ts';
import { createSchedulerMetrics } from './metrics.ts';
import { noPreemption, preempt, preemptionRefusal } from './preempt.ts';
import type { Profile } from './profile.ts';
import { SchedulingQueue } from './queue.ts';
import { type Outcome, schedule, type Watch } from './schedule.ts';
import { hasEnded, Snapshot } from './snapshot.ts';
import { timed } from './timed.ts';
import type { SchedulerVolumes } from './volumes.ts';
import { nominate, refusePod } from './write.ts';

export interface SchedulerOptions {
  readonly client: Client;
  readonly informers: {
    readonly pods: Informer<Pod>;
    readonly nodes: Informer<Node>;
    readonly namespaces: Informer<Namespace>;
    readonly budgets: Reader<PodDisruptionBudget>;
  };
  /** Settles when all that plugins look at is there. */
  readonly synced: Promise<unknown>;
  /** Records as the scheduler of that name. */
  eventsOf(schedulerName: string): EventRecorder;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: Metrics;
  /** Of the schedulers that pods may name. */
  readonly profiles: readonly Profile[];
  readonly backoff?: { readonly firstMs: number; readonly mostMs: number };
  /** Ties a pod's volumes before the pod is bound. */
  readonly volumes: SchedulerVolumes;
}

type Refused = Extract<Outcome, { node?: undefined }>;

/**
 * Gives pods that have no node one, as soon as they appear, one after another; bindings are written side by side.
 * A pod counts on its node from the decision on. Works until `signal` is aborted.
 */
export async function runScheduler(options: SchedulerOptions, signal: AbortSignal): Promise<void> {
  const { informers, clock, log } = options;
  const profiles = new Map(options.profiles.map((profile) => [profile.schedulerName, profile]));
  const snapshot = new Snapshot((namespace) => informers.namespaces.get(namespace)?.metadata.labels ?? {});
  const queue: SchedulingQueue = new SchedulingQueue(options.backoff, (part, event) => metrics.moved(part, event));
  const gated = new Set<string>(); // uids
  const metrics = createSchedulerMetrics(options.metrics ?? createMetrics(), {
    queue,
    snapshot,
    gated: () => gated.size,
    binding: () => binding,
  });
  let bell = Promise.withResolvers<void>();
  let turn = 0;
  let binding = 0;
  let watchedFromMs = 0;
  const ring = () => {
    bell.resolve();
    bell = Promise.withResolvers<void>();
  };
  signal.addEventListener('abort', ring, { once: true });
  const wake = (change: Change | undefined) => change !== undefined && queue.wake(change);

  informers.namespaces.onChange((now, before) => {
    if (before !== undefined && JSON.stringify(now?.metadata.labels) !== JSON.stringify(before.metadata.labels))
      snapshot.forgetCounts();
  });
  informers.nodes.onChange((node, before) => {
    if (node === undefined) {
      snapshot.removeNode(before!.metadata.name);
      wake({ what: 'nodeGone', before: before! });
      ring();
      return;
    }
    if (!isNodeChange(before, node)) return; // a heartbeat: no rule looks at it
    snapshot.setNode(node);
    wake({ what: 'node', now: node, before });
    ring();
  });
  informers.pods.onChange((pod, before) => {
    const uid = (pod ?? before)!.metadata.uid ?? '';
    if (pod === undefined || hasEnded(pod) || pod.spec.nodeName) gated.delete(uid);
    if (pod === undefined || hasEnded(pod)) {
      queue.remove(uid);
      const hadRoom = before?.spec.nodeName || snapshot.nominationOf(uid);
      snapshot.removePod(uid);
      if (hadRoom) wake({ what: 'pod', before });
    } else if (pod.spec.nodeName) {
      queue.remove(uid);
      const change = podChange(before, pod);
      if (change !== undefined || before?.status.startTime !== pod.status.startTime) snapshot.setPod(pod);
      wake(change);
    } else tryPending(pod, before);
    ring();
  });
  options.volumes.onChange(() => {
    wake({ what: 'volume' });
    ring();
  });

  await Promise.all([informers.nodes.synced, informers.pods.synced, options.synced]);
  let breathedMs = clock.now();
  while (!signal.aborted) {
    const pod = binding < mostBindings ? queue.take(clock.now()) : undefined;
    if (pod === undefined) {
      await (binding < mostBindings ? rest() : bell.promise);
      continue;
    }
    decide(newest(pod), profiles.get(nameOf(pod))!);
    if (clock.now() - breathedMs < mostBreathMs) continue;
    await new Promise((resolve) => setImmediate(resolve)); // others in this process want to run, too
    breathedMs = clock.now();
  }

  function tryPending(pod: Pod, before: Pod | undefined): void {
    const uid = pod.metadata.uid ?? '';
    const isGated = (pod.spec.schedulingGates ?? []).length > 0 && profiles.has(nameOf(pod));
    if (!isGated) gated.delete(uid);
    else if (!gated.has(uid)) {
      gated.add(uid);
      metrics.moved('gated', 'PodAdd');
    }
    const mayGo = !pod.metadata.deletionTimestamp && !isGated;
    if (!mayGo || !profiles.has(nameOf(pod))) {
      queue.remove(uid);
      const hadRoom = snapshot.nominationOf(uid);
      snapshot.nominate(uid, undefined);
      if (hadRoom) wake({ what: 'pod', before: pod });
      return;
    }
    if (pod.status.nominatedNodeName || before?.status.nominatedNodeName) snapshot.nominate(uid, pod);
    if (before === undefined || !isOnlyStatus(before, pod)) queue.add(pod, clock.now());
  }

  /** The queue does not learn of changes of status, and a node may have been promised just now. */
  function newest(pod: Pod): Pod {
    const known = informers.pods.get(keyOf(pod));
    const now = known?.metadata.uid === pod.metadata.uid ? known! : pod;
    const nominatedNodeName = snapshot.nominationOf(now.metadata.uid ?? '');
    if (now.status?.nominatedNodeName === nominatedNodeName) return now;
    return { ...now, status: { ...now.status, nominatedNodeName } };
  }

  async function rest(): Promise<void> {
    const wakeMs = queue.nextWakeMs();
    if (wakeMs === undefined) return bell.promise;
    const nap = new AbortController();
    const sleep = clock.sleep(Math.max(0, wakeMs - clock.now()), AbortSignal.any([signal, nap.signal])).catch(() => {});
    await Promise.race([bell.promise, sleep]);
    nap.abort();
  }

  function decide(pod: Pod, profile: Profile): void {
    const fromMs = performance.now();
    const { plugins, schedulerName } = profile;
    const isWatched = fromMs >= watchedFromMs;
    const used = isWatched ? timed(plugins, metrics.ran) : plugins;
    const outcome = schedule(pod, snapshot, used, turn, profile.percentageOfNodesToScore, watch(schedulerName, fromMs));
    if (isWatched) watchedFromMs = performance.now() + watchedShare * (performance.now() - fromMs);
    turn = (turn + outcome.evaluated) % Math.max(1, snapshot.nodes.length);
    metrics.algorithm((performance.now() - fromMs) / 1000);
    if (outcome.node === undefined) {
      const refusing = plugins.filter(({ name }) => outcome.refusedBy.has(name));
      const isHelpedBy = (change: Change) =>
        refusing.length === 0 ||
        refusing.some((plugin) => plugin.helps?.(pod, change, snapshot) ?? change.what === 'node');
      queue.putBack(pod, clock.now(), false, isHelpedBy, outcome.refusedBy);
      void refuse(pod, outcome, profile).catch((error) => warn(pod, error));
      metrics.attempt('unschedulable', schedulerName, (performance.now() - fromMs) / 1000);
      return;
    }
    const { node } = snapshot.node(outcome.node)!;
    const isThere = () => informers.pods.get(keyOf(pod))?.metadata.uid === pod.metadata.uid;
    const tie = options.volumes.reserve(pod, node, isThere, profile.bindTimeoutMs);
    snapshot.assume(pod, outcome.node);
    const attempts = queue.attemptsOf(pod.metadata.uid ?? '');
    const firstMs = queue.firstTakenMs(pod.metadata.uid ?? '') ?? clock.now();
    bind(pod, outcome.node, tie, profile).then(
      () => {
        metrics.attempt('scheduled', schedulerName, (performance.now() - fromMs) / 1000);
        metrics.bound(attempts, (clock.now() - firstMs) / 1000);
      },
      (error) => {
        snapshot.removePod(pod.metadata.uid ?? '');
        wake({ what: 'pod', before: pod });
        if (signal.aborted || !stillWaits(pod)) return;
        metrics.attempt('error', schedulerName, (performance.now() - fromMs) / 1000);
        if (!hasReason(error, 'Conflict', 'NotFound')) warn(pod, error);
        queue.putBack(pod, clock.now(), true);
        ring();
      },
    );
  }

  function watch(profile: string, fromMs: number): Watch {
    let sinceMs = fromMs;
    return {
      asked: (point, plugin) => metrics.asked(plugin.name, point, profile),
      passed(point) {
        const nowMs = performance.now();
        metrics.passed(point, 'Success', profile, (nowMs - sinceMs) / 1000);
        sinceMs = nowMs;
      },
    };
  }

  async function measured<T>(point: string, profile: string, work: () => Promise<T>): Promise<T> {
    const fromMs = performance.now();
    let status = 'Error';
    try {
      const result = await work();
      status = 'Success';
      return result;
    } finally {
      metrics.passed(point, status, profile, (performance.now() - fromMs) / 1000);
    }
  }

  /** Not so once it was deleted, or has a node. What was not found may be one of its volumes: it tells nothing of the pod. */
  function stillWaits(pod: Pod): boolean {
    const now = informers.pods.get(keyOf(pod));
    return now?.metadata.uid === pod.metadata.uid && !now?.metadata.deletionTimestamp && !now?.spec.nodeName;
  }

  async function bind(pod: Pod, node: string, tie: (signal: AbortSignal) => Promise<void>, { schedulerName }: Profile) {
    await measured('PreBind', schedulerName, () => tie(signal));
    const { namespace, name: podName, uid } = pod.metadata;
    const body = { metadata: { name: podName, namespace, uid }, target: { kind: 'Node', name: node } };
    binding++;
    await measured('Bind', schedulerName, () => options.client.create(bindings, body, signal)).finally(() => {
      if (binding-- === mostBindings) ring();
    });
    const message = `Successfully assigned ${keyOf(pod)} to ${node}`;
    options.eventsOf(schedulerName).record(referenceTo(podResource, pod), 'Normal', 'Scheduled', message);
    log.debug('Bound pod', { pod: keyOf(pod), node });
  }

  async function refuse(pod: Pod, outcome: Refused, { plugins, preemption, schedulerName }: Profile): Promise<void> {
    const budgets = [...informers.budgets.list()];
    const search = { ...preemption, budgets, start: turn };
    const fromMs = performance.now();
    const plan = preemption && preempt(pod, snapshot, plugins, outcome.refusals, search);
    const status = plan === undefined ? 'Unschedulable' : 'Success';
    if (preemption) metrics.passed('PostFilter', status, schedulerName, (performance.now() - fromMs) / 1000);
    const why = plan === undefined && preemption ? noPreemption(pod, snapshot, outcome.refusals) : '';
    // Nobody can make room there any more: others may have it. Rule: DefaultPreemption clears the nomination then.
    const isForsaken =
      plan === undefined &&
      preemption !== undefined &&
      pod.status.nominatedNodeName !== undefined &&
      preemptionRefusal(pod, snapshot, outcome.refusals) === undefined;
    const message = `${outcome.message} ${why}`.trim();
    const events = options.eventsOf(schedulerName);
    const rivals =
      plan === undefined ? [] : snapshot.nominated(plan.node).filter((other) => priorityOf(other) < priorityOf(pod));
    if (plan !== undefined) snapshot.nominate(pod.metadata.uid ?? '', pod, plan.node); // its room is its own from now on
    if (isForsaken) {
      snapshot.nominate(pod.metadata.uid ?? '', undefined);
      wake({ what: 'pod', before: pod });
    }
    events.record(referenceTo(podResource, pod), 'Warning', 'FailedScheduling', message);
    await refusePod(options.client, pod, { message, isForsaken }, clock, signal);
    if (plan === undefined) return;
    metrics.preempted(plan.victims.length);
    await nominate({ client: options.client, events, clock, name: schedulerName }, pod, plan, rivals, signal);
  }

  function warn(pod: Pod, error: unknown): void {
    if (!signal.aborted) log.warn('Could not schedule', { pod: keyOf(pod), err: error });
  }
}

const watchedShare = 100; // looks with a watch on every plugin are slow: they may take one part in so many of the time
const mostBindings = 256;
const mostBreathMs = 10;

function nameOf({ spec }: Pod): string {
  return spec.schedulerName || 'default-scheduler';
}

function priorityOf({ spec }: Pod): number {
  return spec.priority ?? 0;
}
