import { readdir, readFile, readlink } from 'node:fs/promises';
import type { Runtime } from '#cri/runtime.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Observer } from '../pods/observer.ts';
import { orphansOf, type Shim } from './plan.ts';

export interface SweepShimsOptions {
  readonly runtime: Pick<Runtime, 'listSandboxes' | 'listContainers'>;
  /** Ids that are known without asking the runtime: it is asked only where another shim is found. */
  known(): ReadonlySet<string>;
  /** unix:///run/containerd/containerd.sock. */
  readonly runtimeEndpoint: string;
  /** A process of the runtime's mount namespace; this one unless told. */
  readonly pid?: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Ends shims of containerd that hold nothing and that it has forgotten, until aborted. */
export async function sweepShims(options: SweepShimsOptions, signal: AbortSignal): Promise<void> {
  const { runtime, known, runtimeEndpoint, pid: within = 'self', clock, log } = options;
  const address = runtimeEndpoint.replace(/^unix:\/\//, '');
  let before: ReadonlySet<string> = new Set();
  while (!signal.aborted) {
    await clock.sleep(pauseMs, signal).catch(() => {});
    try {
      const shims = await findShims(address, known(), `/proc/${within}/ns/mnt`); // before the lists: what is made meanwhile is not among them
      if (shims.length === 0) {
        before = new Set();
        continue;
      }
      const lists = await Promise.all([runtime.listSandboxes({}, signal), runtime.listContainers({}, signal)]);
      const { suspects, orphans } = orphansOf(shims, new Set(lists.flat().map(({ id }) => id)), before);
      before = suspects;
      for (const { pid, id } of orphans) {
        process.kill(pid, 'SIGKILL');
        log.info('Ended a shim that the runtime had forgotten', { id });
      }
    } catch (error) {
      if (!signal.aborted) log.debug('Could not look for shims', { err: error });
    }
  }
}
const pauseMs = 45_000;

/** Those that are not `known`, of the containerd at `address` in the mount `namespace`: another's may have the same address. */
async function findShims(address: string, known: ReadonlySet<string>, namespace: string): Promise<readonly Shim[]> {
  const own = await readlink(namespace);
  const shims: Shim[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const words = (await readFile(`/proc/${name}/cmdline`, 'utf8')).split('\0');
      const wordAfter = (flag: string) => words[words.indexOf(flag) + 1];
      if (!/\/?containerd-shim-[\w-]+$/.test(words[0] ?? '')) continue;
      if (wordAfter('-address') !== address || wordAfter('-namespace') !== 'k8s.io') continue;
      const id = wordAfter('-id') ?? '';
      if (known.has(id) || (await readlink(`/proc/${name}/ns/mnt`)) !== own) continue;
      const stat = await readFile(`/proc/${name}/stat`, 'utf8');
      const startedAt = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
      shims.push({ pid: Number(name), id, startedAt, hasChildren: await hasChildren(name) });
    } catch {
      // It ended in between.
    }
  }
  return shims;
}

/** Of any of its threads. */
async function hasChildren(pid: string): Promise<boolean> {
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    if ((await readFile(`/proc/${pid}/task/${thread}/children`, 'utf8')) !== '') return true;
  }
  return false;
}

/** Ids of all sandboxes and containers that `observer` has seen. */
export function knownIds(observer: Pick<Observer, 'uids' | 'of'>): ReadonlySet<string> {
  const all = observer.uids().flatMap((podUid) => {
    const { sandboxes, containers } = observer.of(podUid);
    return [...sandboxes, ...containers].map(({ id }) => id);
  });
  return new Set(all);
}
