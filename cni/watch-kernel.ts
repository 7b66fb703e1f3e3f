import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { backoffMs } from '#lib/backoff.ts';
import type { Clock } from '#lib/clock.ts';
import { endsWithUs } from '#lib/ends-with-us.ts';

/**
 * Calls `onLoss` when the kernel tells that a link, an address or a route of ours went away, until `signal` is aborted.
 * Starts again when its program ends.
 */
export async function watchKernel(onLoss: () => void, clock: Clock, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const startMs = clock.now();
    await runMonitor(onLoss, signal);
    failures = clock.now() - startMs > 60_000 ? 1 : failures + 1;
    await clock.sleep(backoffMs(failures, { firstMs: 500, mostMs: 60_000, jitter: 0.2 }), signal).catch(() => {});
  }
}

function runMonitor(onLoss: () => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const words = endsWithUs('ip', '-oneline', 'monitor', 'link', 'address', 'route');
    const child = spawn(...words, { stdio: ['ignore', 'pipe', 'ignore'] });
    const kill = () => child.kill('SIGKILL');
    signal.addEventListener('abort', kill, { once: true });
    if (signal.aborted) kill();
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (isLoss(line)) onLoss();
    });
    child.once('error', () => resolve());
    child.once('close', () => {
      signal.removeEventListener('abort', kill);
      resolve();
    });
  });
}

/** Pods come and go, and their links with them: that is nobody's loss. The bridge of the first and last has no carrier, and is up. */
export function isLoss(line: string): boolean {
  if (!line.startsWith('Deleted ')) return /state DOWN/.test(line) && !/[<,]UP[,>]/.test(line) && ours.test(line);
  return ours.test(line) || / proto 75\b/.test(line);
}
const ours = /\d+: (?:cni0|skiff-vxlan)[:@ ]/;
