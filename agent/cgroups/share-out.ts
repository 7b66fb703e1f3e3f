import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Cgroups } from './cgroups.ts';

/** Keeps the CPU shares of the QoS classes in line with the pods that are here, until `signal` is aborted. */
export async function keepShares(
  cgroups: Cgroups,
  pods: () => readonly Pod[],
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
): Promise<void> {
  let shared = '';
  while (!signal.aborted) {
    const now = pods();
    const key = now.map(({ metadata }) => metadata.uid).join();
    if (key !== shared) {
      shared = key;
      await cgroups.shareOut(now, signal).catch((error) => {
        if (!signal.aborted) log.warn('Could not share out the CPU', { err: error });
      });
    }
    await clock.sleep(pauseMs, signal).catch(() => {});
  }
}
const pauseMs = 5_000; // shares matter only when CPUs are short for a while
