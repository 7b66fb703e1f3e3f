// Requests that wait for the head of their answer: one that waits long is reason to ask whether the other end lives.
import type { ClientHttp2Stream } from 'node:http2';
import type { Clock } from '#lib/clock.ts';

export interface Waiting {
  begin(stream: ClientHttp2Stream): void;
  /** Settles after `ms`; sooner, if asked for, when a request waits long. */
  pause(ms: number, isEager: boolean): Promise<void>;
}

export function createWaiting(clock: Clock, life: AbortSignal): Waiting {
  const sinceMs = new Map<ClientHttp2Stream, number>(); // the oldest first
  const waitedMs = (): number => {
    for (const oldestMs of sinceMs.values()) return clock.now() - oldestMs;
    return 0;
  };
  return {
    begin(stream) {
      sinceMs.set(stream, clock.now());
      const end = () => sinceMs.delete(stream);
      stream.once('response', end);
      stream.once('close', end);
    },
    async pause(ms, isEager) {
      const untilMs = clock.now() + ms;
      for (let isFirst = true; !life.aborted; isFirst = false) {
        const restMs = untilMs - clock.now();
        const patienceMs = longMs - waitedMs();
        if (restMs <= 0 || (isEager && !isFirst && patienceMs <= 0)) return;
        const nextMs = patienceMs > 0 ? patienceMs : longMs;
        await clock.sleep(isEager ? Math.min(restMs, nextMs) : restMs, life).catch(() => {});
      }
    },
  };
}
const longMs = 400;
