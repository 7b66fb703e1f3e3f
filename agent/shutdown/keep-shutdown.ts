// Ends the node's pods in order when the machine goes down, and says so.
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Logind } from './logind.ts';
import { type Period, turnsOf } from './plan.ts';

interface Failure {
  readonly reason: string;
  readonly message: string;
  readonly isDisruption: boolean;
}

export interface ShutdownOptions {
  /** Empty: nobody waits for pods. */
  readonly periods: readonly Period[];
  readonly logind: Logind;
  pods(): readonly Pod[];
  /** Ends a pod: it fails, and its status says why. */
  fail(podUid: string, failure: Failure, graceSeconds: number): void;
  hasEnded(podUid: string): boolean;
  /** Settles when the API knows the newest status of the pod. */
  settled(podUid: string, signal: AbortSignal): Promise<void>;
  /** Whether it goes down has changed. */
  onChange(): void;
  record(reason: string, message: string): void;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Shutdown {
  /** Whether the machine is going down: no pod is taken any more, and the node is not ready. */
  isUnderWay(): boolean;
  run(signal: AbortSignal): Promise<void>;
}

export function createShutdown(options: ShutdownOptions): Shutdown {
  const { periods, logind, pods, fail, hasEnded, settled, onChange, record, clock, log } = options;
  let isUnderWay = false;

  async function endPods(signal: AbortSignal): Promise<void> {
    for (const { graceSeconds, pods: some } of turnsOf(periods, pods())) {
      for (const one of some) fail(uidOf(one.pod), failure, one.graceSeconds);
      const untilMs = clock.now() + graceSeconds * 1000;
      while (clock.now() < untilMs && !some.every(({ pod }) => hasEnded(uidOf(pod))))
        await clock.sleep(pauseMs, signal);
      await untilTold(
        some.map(({ pod }) => uidOf(pod)),
        signal,
      );
    }
  }

  /** Who does not know why a pod ended would see it run again when the machine is back. But nobody waits long for an API that is away. */
  async function untilTold(uids: readonly string[], signal: AbortSignal): Promise<void> {
    const late = new AbortController();
    const life = AbortSignal.any([signal, late.signal]);
    const told = Promise.all(uids.map((uid) => settled(uid, life))).catch(() => undefined);
    await Promise.race([told, clock.sleep(tellingMs, life).catch(() => undefined)]);
    late.abort();
  }

  /** Until the bus is lost. */
  async function follow(signal: AbortSignal): Promise<void> {
    await logind.allow(
      periods.reduce((sum, { graceSeconds }) => sum + graceSeconds, 0),
      signal,
    );
    let release = logind.hold();
    try {
      for await (const begins of logind.changes(signal)) {
        if (begins === isUnderWay) continue;
        isUnderWay = begins;
        const what = begins ? 'event' : 'cancellation';
        record('NodeShutdown', `Shutdown manager detected shutdown ${what}`);
        log.info('Noticed a shutdown', { isUnderWay });
        onChange();
        if (begins) await endPods(signal).finally(() => release());
        else release = logind.hold();
      }
    } finally {
      release();
    }
  }

  return {
    isUnderWay: () => isUnderWay,
    async run(signal) {
      if (periods.length === 0) return;
      let wasLost = false;
      while (!signal.aborted) {
        await follow(signal).catch((error) => {
          if (!signal.aborted && !wasLost) log.warn('Cannot wait for shutdowns of the machine', { err: error });
          wasLost = true;
        });
        await clock.sleep(againMs, signal).catch(() => {});
      }
    },
  };
}
const pauseMs = 100;
const tellingMs = 5_000;
const againMs = 1_000;
const failure: Failure = {
  reason: 'Terminated',
  message: 'Pod was terminated in response to imminent node shutdown.',
  isDisruption: true,
};

function uidOf({ metadata }: Pod): string {
  return metadata.uid ?? '';
}
