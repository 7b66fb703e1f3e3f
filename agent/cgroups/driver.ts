import type { Cri } from '#cri/runtime.ts';
import type { Clock } from '#lib/clock.ts';
import type { Driver } from './layout.ts';

/** What the runtime says; waits for it, as nothing can be done without. */
export async function cgroupDriver(cri: Pick<Cri, 'runtime'>, clock: Clock, signal: AbortSignal): Promise<Driver> {
  for (;;) {
    try {
      return (await cri.runtime.cgroupDriver(signal)) ?? 'cgroupfs';
    } catch {
      await clock.sleep(200, signal);
    }
  }
}
