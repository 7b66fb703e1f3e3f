// Tells the API the statuses of pods: at once, each pod's newest only, one request a pod at a time.
import { isDeepStrictEqual } from 'node:util';
import { pods } from '#lib/api/resources.ts';
import type { Pod, PodStatus } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import type { Clock } from '#lib/clock.ts';
import { createController } from '#lib/controller.ts';
import { hasReason } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import { settledOrAborted } from '../settled-or-aborted.ts';
import { isOnlyBeginning, isOnlyGeneration, statusPatch } from './status-patch.ts';

export interface Reporter {
  /** Has `status` told to the API, soon; a newer one replaces it. */
  report(pod: Pod, status: PodStatus): void;
  /** Settles when the API knows the newest status of the pod, or the pod is gone. */
  settled(podUid: string, signal: AbortSignal): Promise<void>;
  /** What was reported last; `undefined` before the first report. */
  newest(podUid: string): PodStatus | undefined;
  /** The pod's object in the API is another one now. */
  again(podUid: string): void;
  forget(podUid: string): void;
  run(signal: AbortSignal): Promise<void>;
}

interface Wish {
  readonly pod: Pod;
  readonly wanted: PodStatus;
  told: PodStatus;
  /** Whom `told` is about: its own uid, or its mirror's. */
  toldUid: string;
  readonly waiters: Set<() => void>;
  /** Until when it may wait for something more to tell. */
  heldUntilMs?: number;
}

/** How long the mere word that a change of the pod was seen waits for what comes of that change, in ms. */
function holdOf(told: PodStatus, wanted: PodStatus): number {
  if (isOnlyGeneration(told, wanted)) return 200;
  return isOnlyBeginning(told, wanted) ? 500 : 0; // by then most pods run
}

export function createReporter({
  client,
  targetOf,
  clock,
  log,
}: {
  readonly client: Client;
  /** The object that shows the pod in the API: itself, or the mirror of a static one, if that is there yet. */
  targetOf(pod: Pod): Pod | undefined;
  readonly clock: Clock;
  readonly log: Log;
}): Reporter {
  const wishes = new Map<string, Wish>(); // by pod uid; bounded by the pods here
  const backoffMs = (failures: number) => Math.min(100 * 2 ** (failures - 1), 10_000);
  const queue = createController({ name: 'pod-status', reconcile, workers: 8, backoffMs, clock, log });

  async function reconcile(podUid: string, signal: AbortSignal): Promise<number | undefined> {
    const wish = wishes.get(podUid);
    if (wish === undefined) return undefined;
    const { pod, wanted } = wish;
    const { namespace, name } = pod.metadata;
    const target = targetOf(pod);
    if (target === undefined) return undefined; // whoever makes the mirror rings again
    const uid = target.metadata.uid ?? '';
    if (uid !== wish.toldUid) [wish.told, wish.toldUid] = [target.status, uid];
    const status = statusPatch(wish.told, wanted);
    const holdMs = status === undefined || wish.waiters.size > 0 ? 0 : holdOf(wish.told, wanted);
    if (holdMs > 0) {
      const leftMs = (wish.heldUntilMs ??= clock.now() + holdMs) - clock.now();
      if (leftMs > 0) return leftMs;
    }
    if (status !== undefined) {
      const body = { metadata: { uid }, status };
      try {
        await client.patch(pods, { namespace, name }, { type: 'strategic', body }, signal, { subresource: 'status' });
      } catch (error) {
        // Gone, or another pod has its name: nobody is left to tell.
        if (!hasReason(error, 'NotFound', 'Conflict')) throw error;
      }
    }
    const now = wishes.get(podUid);
    if (now === undefined) return undefined;
    [now.told, now.toldUid] = [wanted, uid];
    delete now.heldUntilMs;
    if (now.wanted !== wanted) {
      queue.add(podUid);
      return undefined;
    }
    for (const wake of now.waiters) wake();
    now.waiters.clear();
    return undefined;
  }

  return {
    report(pod, status) {
      const podUid = pod.metadata.uid ?? '';
      const before = wishes.get(podUid);
      const wanted: PodStatus = JSON.parse(JSON.stringify(status)); // without what is undefined
      if (before !== undefined && isDeepStrictEqual(before.wanted, wanted)) return;
      const { told = pod.status, toldUid = podUid, waiters = new Set<() => void>(), heldUntilMs } = before ?? {};
      const held = heldUntilMs === undefined ? {} : { heldUntilMs };
      wishes.set(podUid, { pod, wanted, told, toldUid, waiters, ...held });
      queue.add(podUid);
    },
    async settled(podUid, signal) {
      const wish = wishes.get(podUid);
      if (wish === undefined || wish.told === wish.wanted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      wish.waiters.add(resolve);
      queue.add(podUid); // what waits for more is told now
      await settledOrAborted(promise, signal);
      wish.waiters.delete(resolve);
      signal.throwIfAborted();
    },
    newest: (podUid) => wishes.get(podUid)?.wanted,
    again: (podUid) => queue.add(podUid),
    forget(podUid) {
      const wish = wishes.get(podUid);
      wishes.delete(podUid);
      for (const wake of wish?.waiters ?? []) wake();
    },
    run: (signal) => queue.run(signal),
  };
}
