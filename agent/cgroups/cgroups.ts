import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir, readFile, rmdir } from 'node:fs/promises';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Exec } from '#lib/exec.ts';
import type { Log } from '#lib/log.ts';
import {
  containerPath,
  type Driver,
  type Layout,
  parentForRuntime,
  podPath,
  possiblePodPaths,
  qosPaths,
  uidOfName,
} from './layout.ts';
import { type Limits, podLimits } from './limits.ts';
import { milliCpu } from './quantities.ts';
import { createSlices } from './slices.ts';
import { type KernelStats, kernelStats } from './stats.ts';
import { propertiesOf, shareOf, shareProperty, type Write, writesOf } from './writes.ts';

/** The pods' place in the kernel's tree of control groups. Everything may be repeated. */
export interface Cgroups {
  readonly isV2: boolean;
  readonly driver: Driver;
  /** What the runtime has to be told of a pod's place. */
  parentOf(pod: Pod): string;
  /** Makes the pod's cgroup with its limits, or with `limits` for the time of a change. */
  make(pod: Pod, signal: AbortSignal, limits?: Limits): Promise<void>;
  /** Removes it with all below; nothing of the pod runs any more. */
  remove(podUid: string, signal: AbortSignal): Promise<void>;
  /** Gives the classes their share of the CPU: what their pods ask for together. */
  shareOut(pods: Iterable<Pod>, signal: AbortSignal): Promise<void>;
  /** What the kernel counted of a container; `undefined` if it is not there. */
  statsOf(pod: Pod, containerId: string): Promise<KernelStats | undefined>;
  /** Uids of pods that have a cgroup here. */
  holders(): Promise<readonly string[]>;
}

export interface CgroupsOptions {
  readonly driver: Driver;
  /** `--cgroup-root`: '/' or a path below which all is made. */
  readonly root: string;
  /** Processes and threads that a pod may have; no limit unless told. */
  readonly podPidsLimit?: number | undefined;
  /** Whether CPU limits hold pods back. They do unless told. */
  readonly enforcesCpuLimits?: boolean | undefined;
  readonly exec: Exec;
  readonly log: Log;
  /** What all pods together may take: nothing is limited unless told. */
  readonly whole?: Limits;
  /** Where the kernel shows them: /sys/fs/cgroup. */
  readonly mountPoint?: string;
}

export async function createCgroups(options: CgroupsOptions, signal: AbortSignal): Promise<Cgroups> {
  const {
    driver,
    root,
    podPidsLimit: pids,
    exec,
    log,
    whole,
    mountPoint = '/sys/fs/cgroup',
    enforcesCpuLimits = true,
  } = options;
  const slices = createSlices(exec);
  const layout: Layout = { driver, root };
  const isV2 = existsSync(`${mountPoint}/cgroup.controllers`);
  const hierarchies = isV2 ? [''] : (await readdir(mountPoint)).filter((name) => controllers.includes(name));

  function folder(controller: string, path: string): string {
    return controller === '' ? `${mountPoint}${path}` : `${mountPoint}/${controller}${path}`;
  }

  /**
   * Makes a cgroup in every hierarchy that we limit; on v2 its parents hand their controllers down. At once, as each of these
   * takes the kernel some 50 us, and every start of a pod waits for them.
   */
  function makeFolders(path: string): void {
    for (const controller of isV2 ? hierarchies : limiting.filter((name) => hierarchies.includes(name))) {
      mkdirSync(folder(controller, path), { recursive: true });
    }
    if (isV2) handDown(path);
  }

  function handDown(path: string): void {
    const parts = path.split('/').filter((part) => part !== '');
    for (let depth = 0; depth <= parts.length - 1; depth++) {
      const file = `${mountPoint}/${parts.slice(0, depth).join('/')}/cgroup.subtree_control`.replaceAll('//', '/');
      const has = existsSync(file) ? readFileSync(file, 'utf8') : '';
      for (const controller of ['cpu', 'cpuset', 'memory', 'pids', 'io', 'hugetlb']) {
        if (has.split(/\s+/).includes(controller)) continue;
        try {
          writeFileSync(file, `+${controller}`);
        } catch {
          // Not a controller of this kernel, or of that cgroup.
        }
      }
    }
  }

  function write(path: string, writes: readonly Write[]): void {
    for (const { controller, file, value } of writes) {
      if (!hierarchies.includes(controller)) continue;
      try {
        writeFileSync(`${folder(controller, path)}/${file}`, value);
      } catch (error) {
        log.warn('Could not limit a cgroup', { path, file, value, err: error });
      }
    }
  }

  async function limit(path: string, limits: Limits, signal: AbortSignal): Promise<void> {
    if (driver === 'systemd') return await slices.set(nameOf(path), propertiesOf(limits, isV2), signal);
    makeFolders(path);
    write(path, writesOf(limits, isV2));
  }

  async function share(path: string, cpuShares: number, signal: AbortSignal): Promise<void> {
    if (driver === 'systemd') await slices.set(nameOf(path), [shareProperty(cpuShares, isV2)], signal);
    else write(path, [shareOf(cpuShares, isV2)]);
  }

  async function removePath(path: string, signal: AbortSignal): Promise<void> {
    if (driver === 'systemd') await slices.remove(nameOf(path), signal);
    await Promise.all(hierarchies.map((controller) => removeTree(folder(controller, path))));
  }

  const cgroups: Cgroups = {
    isV2,
    driver,
    parentOf: (pod) => parentForRuntime(layout, pod),
    async make(pod, signal, limits = podLimits(pod)) {
      const { cpuQuotaMicros: _quota, ...unbound } = limits;
      const enforced = enforcesCpuLimits ? limits : unbound;
      await limit(podPath(layout, pod), pids === undefined ? enforced : { ...enforced, pids }, signal);
    },
    async remove(podUid, signal) {
      for (const path of possiblePodPaths(layout, podUid)) {
        if (hierarchies.some((controller) => existsSync(folder(controller, path)))) await removePath(path, signal);
      }
    },
    async statsOf(pod, containerId) {
      const path = containerPath(layout, pod, containerId);
      const read = (controller: string) =>
        readFile(`${folder(isV2 ? '' : controller, path)}/${controller}.stat`, 'utf8').catch(() => undefined);
      const [cpu, memory] = await Promise.all([read('cpu'), read('memory')]);
      return cpu === undefined ? undefined : kernelStats(cpu, memory ?? '');
    },
    async shareOut(pods, signal) {
      let burstable = 0;
      for (const pod of pods) if (podPath(layout, pod).includes('burstable')) burstable += requestedMilli(pod);
      const [, burstablePath = '', bestEffortPath = ''] = qosPaths(layout);
      await share(burstablePath, Math.max(2, Math.floor((burstable * 1024) / 1000)), signal);
      await share(bestEffortPath, 2, signal);
    },
    async holders() {
      const found = new Set<string>();
      for (const path of qosPaths(layout)) {
        for (const name of await readdir(folder(isV2 ? '' : 'memory', path)).catch(() => [])) {
          const uid = uidOfName(name);
          if (uid !== undefined) found.add(uid);
        }
      }
      return [...found];
    },
  };
  const [wholePath = '', ...classPaths] = qosPaths(layout);
  if (driver === 'cgroupfs') makeFolders(wholePath);
  if (whole !== undefined) await limit(wholePath, whole, signal);
  for (const path of classPaths) {
    if (driver === 'cgroupfs') makeFolders(path);
    await share(path, 2, signal);
  }
  return cgroups;
}
const controllers = [
  'cpu',
  'cpuacct',
  'cpu,cpuacct',
  'cpuset',
  'memory',
  'devices',
  'freezer',
  'blkio',
  'pids',
  'hugetlb',
  'net_cls',
  'net_prio',
  'net_cls,net_prio',
  'perf_event',
  'systemd',
  'misc',
  'rdma',
  'unified', // of a hybrid: the runtime makes its cgroups there, too
];
const limiting = ['cpu', 'memory', 'pids'];

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function requestedMilli({ spec }: Pod): number {
  return spec.containers.reduce((sum, { resources }) => sum + milliCpu(resources?.requests?.['cpu']), 0);
}

/**
 * A cgroup can be removed only when it has none below, and holds no process. Whoever is still in it belongs to a pod that
 * was ended, and is killed: what a call that was cut off made and did not start, for one. The caller tries again.
 */
async function removeTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeTree(`${folder}/${entry.name}`);
  await rmdir(folder).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'EBUSY') killThose(await readFile(`${folder}/cgroup.procs`, 'utf8').catch(() => ''));
    if (error.code !== 'ENOENT') throw error;
  });
}

/** `processes`: their ids, a line each; 0 stands for those of another PID namespace. */
function killThose(processes: string): void {
  for (const pid of processes.split('\n').map(Number)) {
    try {
      if (pid > 1) process.kill(pid, 'SIGKILL');
    } catch {
      // It ended in between.
    }
  }
}
