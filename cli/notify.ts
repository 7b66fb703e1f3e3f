import type { Clock } from '#lib/clock.ts';
import type { Exec } from '#lib/exec.ts';
import type { Log } from '#lib/log.ts';

/** What systemd says to a unit of type `notify`. */
export interface NotifyEnvironment {
  readonly socket?: string | undefined;
  /** How long it waits for a sign of life. */
  readonly watchdogMs?: number | undefined;
}

/** Reads it from the environment and takes it out: no child is to speak for us. */
export function takeNotifyEnvironment(environment: NodeJS.ProcessEnv): NotifyEnvironment {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: micros } = environment;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete environment[name];
  return { socket, watchdogMs: micros === undefined ? undefined : Number(micros) / 1000 };
}

export interface NotifyTools {
  readonly clock: Clock;
  readonly exec: Exec;
  readonly log: Log;
}

/**
 * Tells systemd when the process is ready (`isWell` for the first time), and from then on that it is alive, as long as it
 * is well. Without systemd it does nothing. Node.js has no datagram sockets of Unix: `systemd-notify` speaks.
 */
export async function keepNotified(
  { socket, watchdogMs }: NotifyEnvironment,
  isWell: (signal: AbortSignal) => Promise<boolean>,
  { clock, exec, log }: NotifyTools,
  signal: AbortSignal,
): Promise<void> {
  if (socket === undefined) return;
  const say = (word: string) => exec('systemd-notify', [word], signal, { env: { NOTIFY_SOCKET: socket } });
  const betweenMs = (watchdogMs ?? 0) / 3;
  let isReady = false;
  while (!signal.aborted) {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(Math.max(probeMs, betweenMs))]);
    const isFine = await isWell(limit).catch(() => false);
    if (isFine) {
      await say(isReady ? 'WATCHDOG=1' : 'READY=1').then(
        () => (isReady = true),
        (error) => signal.aborted || log.warn('Could not notify systemd', { err: error }),
      );
    }
    if (isReady && watchdogMs === undefined) return;
    await clock.sleep(isReady && isFine ? betweenMs : pauseMs, signal).catch(() => {}); // who is late is asked again soon
  }
}
const probeMs = 5_000;
const pauseMs = 200;
