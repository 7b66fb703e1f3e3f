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
import { statusPatch } from './status-patch.ts';

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

  async function reconcile(podUid: string, signal: AbortSignal): Promise<undefined> {
    const wish = wishes.get(podUid);
    if (wish === undefined) return;
    const { pod, wanted } = wish;
    const { namespace, name } = pod.metadata;
    const target = targetOf(pod);
    if (target === undefined) return; // whoever makes the mirror rings again
    const uid = target.metadata.uid ?? '';
    if (uid !== wish.toldUid) [wish.told, wish.toldUid] = [target.status, uid];
    const status = statusPatch(wish.told, wanted);
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
    if (now === undefined) return;
    [now.told, now.toldUid] = [wanted, uid];
    if (now.wanted !== wanted) {
      queue.add(podUid);
      return;
    }
    for (const wake of now.waiters) wake();
    now.waiters.clear();
  }

  return {
    report(pod, status) {
      const podUid = pod.metadata.uid ?? '';
      const before = wishes.get(podUid);
      const wanted: PodStatus = JSON.parse(JSON.stringify(status)); // without what is undefined
      if (before !== undefined && isDeepStrictEqual(before.wanted, wanted)) return;
      const { told = pod.status, toldUid = podUid, waiters = new Set<() => void>() } = before ?? {};
      wishes.set(podUid, { pod, wanted, told, toldUid, waiters });
      queue.add(podUid);
    },
    async settled(podUid, signal) {
      const wish = wishes.get(podUid);
      if (wish === undefined || wish.told === wish.wanted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      wish.waiters.add(resolve);
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
