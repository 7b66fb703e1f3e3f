import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from './clock.ts';

/**
 * Collects garbage once a time with much to do is over, until aborted. V8 itself waits for further work before it does, so
 * that a process that then stands still would keep what the busiest minute of its life took.
 */
export async function giveBackMemory(clock: Clock, signal: AbortSignal): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: { readonly type: 'major'; readonly flavor: string }) => void;
  let quiet = 0; // pauses in a row
  let before = process.cpuUsage();
  while (!signal.aborted) {
    await clock.sleep(pauseMs, signal).catch(() => {});
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    const isBusy = (user + system) / 1000 > busyMs;
    quiet = isBusy ? 0 : quiet + 1;
    if (quiet === enough) {
      collect({ type: 'major', flavor: 'last-resort' }); // it takes compiled code, too: what comes next is slower at first
      before = process.cpuUsage(); // without what this took
    }
  }
}
const pauseMs = 2_500;
const busyMs = 125; // 5 % of a core
const enough = 3;
