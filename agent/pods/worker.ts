// The pod worker: for each pod, by its uid, the way from facts to what is there, and back into the API as its status.
import { pods } from '#lib/api/resources.ts';
import type { Pod, PodStatus } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { createController } from '#lib/controller.ts';
import { assertNever, hasReason } from '#lib/errors.ts';
import type { Probes } from '../probes/probes.ts';
import { settleResize } from '../resize/settle.ts';
import { isStatic } from '../static/annotations.ts';
import { clearLeftovers, clearPod, freePod } from './clear.ts';
import { deadlineOf, graceOf, soonest } from './deadline.ts';
import { decide, takesRoom } from './decide.ts';
import { execute } from './execute.ts';
import { holdBack } from './hold-back.ts';
import { killPod } from './kill.ts';
import type { NodeTools } from './node-facts.ts';
import { isLive, type Observed } from './observed.ts';
import { orphanOf } from './orphan.ts';
import { isOver } from './phase.ts';
import { planPod } from './plan.ts';
import { createRecord, type PodRecord, renew, shownPod } from './pod-record.ts';
import type { Reporter } from './report.ts';
import { type Stage, stageOf, withKill } from './stage.ts';
import { tell } from './tell.ts';

export interface Worker {
  /** The API has this pod for this node, or has it no more. */
  see(now: Pod | undefined, before: Pod | undefined): void;
  /** Something about the pod changed on the node. */
  wake(podUid: string): void;
  /** Pods that are not finished. */
  pods(): readonly Pod[];
  /** Whether a pod of this 'namespace/name' has not come to its end here. */
  isHere(key: string): boolean;
  /** Ends a pod that is here, which fails for it: its status says why. */
  fail(podUid: string, failure: NonNullable<PodRecord['failure']>, graceSeconds: number): void;
  /** Whether nothing of the pod uses the node any more. */
  hasEnded(podUid: string): boolean;
  /** For /debug/pods. */
  inspect(): readonly {
    readonly pod: string;
    readonly uid: string;
    readonly stage: Stage;
    readonly status: PodStatus | undefined;
  }[];
  run(signal: AbortSignal): Promise<void>;
}

export interface WorkerOptions {
  readonly tools: NodeTools;
  readonly client: Client;
  readonly probes: Probes;
  readonly reporter: Reporter;
}

export function createWorker({ tools, client, probes, reporter }: WorkerOptions): Worker {
  const { observer, clock, objects } = tools;
  const report = (record: PodRecord) => tell(record, { tools, probes, reporter });
  const records = new Map<string, PodRecord>(); // bounded by the pods of this node
  const queue = createController({
    name: 'pods',
    reconcile,
    workers: mostAtOnce,
    backoffMs: (failures) => Math.min(500 * 2 ** (failures - 1), 60_000),
    clock,
    log: tools.log,
    ...(tools.metrics && { metrics: tools.metrics.queue }),
  });

  function see(now: Pod | undefined, before: Pod | undefined): void {
    const uid = (now ?? before)?.metadata.uid ?? '';
    let record = records.get(uid);
    if (now === undefined) {
      if (record === undefined) return;
      record.isGone = true;
      // Not asked to end before it was gone: somebody took it away by force.
      if (record.facts.kill === undefined) end(record, isStatic(record.pod) ? graceOf(record.pod) : forcedGraceSeconds);
    } else {
      if (record === undefined) records.set(uid, (record = createRecord(now, clock.now(), tools.checkpoint.of(uid))));
      renew(record, now);
      const { deletionTimestamp, deletionGracePeriodSeconds } = now.metadata;
      if (deletionTimestamp !== undefined) end(record, Math.max(deletionGracePeriodSeconds ?? 30, forcedGraceSeconds));
      else if (isOver(now.status)) end(record, graceOf(now));
    }
    queue.add(uid);
  }

  /** Notes that the pod must end; if that is news, or sooner than known, what is done now is given up for it. */
  function end(record: PodRecord, graceSeconds: number): void {
    const { kill } = record.facts;
    record.facts = withKill(record.facts, { atMs: clock.now(), graceSeconds });
    if (kill !== undefined && kill.graceSeconds <= graceSeconds) return;
    record.current.abort(new Error('The pod has to end'));
    record.current = new AbortController();
  }

  async function reconcile(uid: string, life: AbortSignal): Promise<number | undefined> {
    const record = records.get(uid) ?? adopt(uid);
    if (record === undefined) return undefined;
    const { current } = record;
    const signal = AbortSignal.any([life, current.signal]);
    try {
      return await advance(record, signal);
    } catch (error) {
      if (current.signal.aborted && !life.aborted) return 0; // given up for something more urgent
      record.failures++;
      throw error;
    }
  }

  /** A pod that the runtime has and the API does not: it ends. */
  function adopt(uid: string): PodRecord | undefined {
    const pod = orphanOf(uid, observer.of(uid));
    if (pod === undefined || !tools.knowsAllPods()) return undefined; // the sweep comes by again
    const record = createRecord(pod, clock.now());
    record.isGone = true;
    record.facts = withKill({}, { atMs: clock.now(), graceSeconds: graceOf(pod) });
    records.set(uid, record);
    return record;
  }

  async function advance(record: PodRecord, signal: AbortSignal): Promise<number | undefined> {
    const stage = stageOf(record.facts);
    switch (stage) {
      case 'syncing':
        return await sync(record, signal);
      case 'terminating':
        await terminate(record, signal);
        return 0;
      case 'terminated':
        await free(record, signal);
        return 0;
      case 'finished':
        return await finish(record, signal);
      default:
        return assertNever(stage, 'stage');
    }
  }

  /** Plans and does until nothing is left to do for now. */
  async function sync(record: PodRecord, signal: AbortSignal): Promise<number | undefined> {
    const { uid } = record;
    if (isStatic(record.pod) && hasNamesake(record)) return namesakeMs;
    if (!decide(record, records.values(), { tools, reporter })) {
      report(record);
      end(record, forcedGraceSeconds);
      return 0;
    }
    objects.use(record.pod);
    for (let round = 0; round < mostRounds; round++) {
      const isDeferred = settleResize(
        record,
        () => [...records.values()].filter((one) => one !== record && takesRoom(one, tools, reporter)),
        tools,
      );
      const { pod } = record;
      const log = tools.log.with({ pod: shownPod(pod) });
      const observed = observer.of(uid);
      follow(pod, observed);
      const deadlineMs = deadlineOf(record);
      if (deadlineMs !== undefined && deadlineMs <= clock.now()) {
        record.failure = {
          reason: 'DeadlineExceeded',
          message: 'Pod was active on the node longer than the specified deadline',
        };
        tools.record(pod, 'Normal', record.failure.reason, record.failure.message);
        end(record, graceOf(pod));
        return 0;
      }
      const { restarts, actuated } = record;
      const plan = planPod({ pod, observed, probes, restarts, actuated, nowMs: clock.now() });
      for (const wait of plan.waits) holdBack(record, observed, wait, tools);
      if (report(record).isOver) {
        end(record, graceOf(pod));
        return 0;
      }
      const untilMs = soonest([
        ...plan.waits.map(({ waitMs }) => waitMs),
        deadlineMs && deadlineMs - clock.now(),
        isDeferred ? deferredMs : undefined,
      ]);
      const saved = tools.checkpoint.save(record); // meanwhile the pod goes on
      if (plan.steps.length > 0) log.debug('Planned pod', { steps: plan.steps });
      const { againMs } = await execute(plan.steps, record, tools, signal).finally(() => saved);
      if (plan.steps.length === 0) return untilMs;
      if (againMs === undefined) continue;
      await tools.checkpoint.save(record);
      follow(pod, observer.of(uid));
      report(record);
      return soonest([untilMs, againMs]);
    }
    return retryMs;
  }

  /** A static pod that replaces another one waits for its end: both want the same ports and folders. */
  function hasNamesake({ uid, pod }: PodRecord): boolean {
    const name = shownPod(pod);
    return [...records.values()].some((one) => one.uid !== uid && one.isGone && shownPod(one.pod) === name);
  }

  function follow(pod: Pod, observed: Observed): void {
    const podIp = pod.spec.hostNetwork ? tools.hostIPs[0] : observed.sandboxes[0]?.ips[0];
    probes.sync(
      pod,
      podIp,
      observed.containers.filter(({ state }) => state === 'running'),
    );
  }

  async function terminate(record: PodRecord, signal: AbortSignal): Promise<void> {
    const { kill } = record.facts;
    const observed = await observer.refresh(record.uid, signal);
    if (!record.isGone) report(record);
    await killPod(record, observed, kill!.atMs + kill!.graceSeconds * 1000, tools, signal);
    probes.remove(record.uid);
    record.facts = { ...record.facts, stoppedAtMs: clock.now() };
    report(record);
  }

  async function free(record: PodRecord, signal: AbortSignal): Promise<void> {
    await endLatecomers(record, signal);
    await freePod(record.uid, tools, signal);
    record.facts = { ...record.facts, freedAtMs: clock.now() };
  }

  /** A call to the runtime whose answer was lost may make something after all of the pod was ended: that ends, too. */
  async function endLatecomers(record: PodRecord, signal: AbortSignal): Promise<boolean> {
    const { uid, facts } = record;
    const { sandboxes, containers } = observer.of(uid);
    if (!sandboxes.some(({ isReady }) => isReady) && !containers.some(isLive)) return false;
    const { atMs = clock.now(), graceSeconds = 0 } = facts.kill ?? {};
    await killPod(record, observer.of(uid), atMs + graceSeconds * 1000, tools, signal);
    return true;
  }

  /** Nothing of it uses the node any more: its object may go, and after it the traces that were kept for users. */
  async function finish(record: PodRecord, signal: AbortSignal): Promise<undefined> {
    const { uid, pod } = record;
    if (await endLatecomers(record, signal)) await tools.cgroups.remove(uid, signal);
    if (!record.isGone) {
      await reporter.settled(uid, signal);
      if (pod.metadata.deletionTimestamp === undefined) return;
      const { namespace, name } = pod.metadata;
      await client
        .delete(pods, { namespace, name }, signal, { gracePeriodSeconds: 0, preconditions: { uid } })
        .catch((error) => {
          if (!hasReason(error, 'NotFound', 'Conflict')) throw error;
          record.isGone = true;
        });
      if (!record.isGone) return; // its deletion is seen as any other
    }
    await clearPod(pod, tools, signal);
    reporter.forget(uid);
    await tools.checkpoint.drop(uid);
    records.delete(uid);
    tools.log.info('Removed pod', { pod: shownPod(pod), podUID: uid });
  }

  /** Pods, volumes and cgroups that nobody asks for: what a crash may have left. */
  async function sweepForever(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const uid of observer.uids()) if (!records.has(uid)) queue.add(uid);
      await clearLeftovers(records, tools, signal).catch((error) => {
        if (!signal.aborted) tools.log.warn('Could not clear what was left behind', { err: error });
      });
      await clock.sleep(sweepMs, signal).catch(() => {});
    }
  }

  return {
    see,
    wake: (podUid) => queue.add(podUid),
    pods: () => [...records.values()].filter(({ isGone }) => !isGone).map(({ pod }) => pod),
    isHere: (key) =>
      [...records.values()].some(({ pod, facts }) => shownPod(pod) === key && facts.freedAtMs === undefined),
    fail(podUid, failure, graceSeconds) {
      const record = records.get(podUid);
      if (record === undefined) return;
      if (stageOf(record.facts) === 'syncing') record.failure = failure;
      end(record, graceSeconds);
      queue.add(podUid);
    },
    hasEnded: (podUid) => records.get(podUid)?.facts.freedAtMs !== undefined || !records.has(podUid),
    inspect: () =>
      [...records.values()].map(({ uid, pod, facts }) => {
        return { pod: shownPod(pod), uid, stage: stageOf(facts), status: reporter.newest(uid) };
      }),
    async run(signal) {
      await Promise.all([queue.run(signal), reporter.run(signal), sweepForever(signal)]);
    },
  };
}
const mostAtOnce = 256; // a pod that ends takes its worker for its grace period: there must be one for each pod
const mostRounds = 50;
const retryMs = 1_000;
const forcedGraceSeconds = 1;
const sweepMs = 60_000;
const namesakeMs = 200;
const deferredMs = 3_000;
