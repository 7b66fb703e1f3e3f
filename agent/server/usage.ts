// What pods and the node use, as measured now: one measurement serves all who ask within a second or two.
import { readFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import type { Container, ContainerStats, InterfaceUsage, SandboxStats } from '#cri/runtime.ts';
import { containerNameLabel, podNameLabel, podNamespaceLabel, podUidLabel } from '../pods/annotations.ts';
import { type FsUsage, fsUsage } from './files.ts';
import { defaultInterface, readNetDev } from './net-dev.ts';
import type { KubeletServerOptions } from './options.ts';

export interface Usage {
  readonly atMs: number;
  readonly node: NodeUsage;
  readonly own: OwnUsage;
  readonly pods: readonly PodUsage[];
}

/** Of this process. */
export interface OwnUsage {
  readonly cpuCoreNanoSeconds: number;
  readonly cpuNanoCores: number;
  readonly memoryRssBytes: number;
  readonly startMs: number;
}

export interface NodeUsage {
  readonly cpuCoreNanoSeconds: number;
  readonly cpuNanoCores: number;
  readonly memoryWorkingSetBytes: number;
  readonly memoryAvailableBytes: number;
  readonly memoryTotalBytes: number;
  readonly cores: number;
  readonly startMs: number;
  readonly swapTotalBytes: number;
  readonly swapUsedBytes: number;
  /** The one that leads everywhere first. */
  readonly network: readonly InterfaceUsage[];
  readonly processes: number;
  readonly mostProcesses: number;
  /** Of the disk that pods keep their volumes on. */
  readonly fs?: FsUsage;
  /** Of the disk that images and containers are on, and what images take of it. */
  readonly imageFs?: FsUsage & { readonly imageBytes: number };
}

export interface PodUsage {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly startMs: number;
  readonly containers: readonly ContainerUsage[];
  readonly network: readonly InterfaceUsage[];
  readonly processes?: number;
  readonly sandboxId: string;
}

export interface ContainerUsage extends ContainerStats {
  /** Over the time since the last measurement; 0 for the first. */
  readonly cpuNanoCores: number;
  readonly startMs: number;
  readonly image: string;
}

type Measured = Pick<KubeletServerOptions, 'runtime' | 'clock' | 'images' | 'rootDir'>;

/** Measures; what was measured less than a second ago is not measured again. */
export function createUsage({ runtime, clock, images, rootDir = '/var/lib/kubelet' }: Measured) {
  let last: Usage | undefined;
  let running: Promise<Usage> | undefined;

  async function measure(signal: AbortSignal): Promise<Usage> {
    const [stats, containers, sandboxes, node, disks] = await Promise.all([
      runtime.stats({}, signal),
      runtime.listContainers({}, signal),
      runtime.sandboxStats(signal).catch(() => []), // a sandbox that ends meanwhile must hide no other's use
      nodeUsage(),
      diskUsage(rootDir, images, signal),
    ]);
    const atMs = clock.now();
    const cpuNanoCores = last === undefined ? 0 : rate(last.node, node, atMs - last.atMs);
    const pods = byPod({ stats, containers, sandboxes }, last);
    const own = ownUsage(atMs, last);
    last = { atMs, own, node: { ...node, ...disks, cpuNanoCores }, pods };
    return last;
  }

  return async (signal: AbortSignal): Promise<Usage> => {
    if (last !== undefined && clock.now() - last.atMs < freshMs) return last;
    running ??= measure(signal).finally(() => {
      running = undefined;
    });
    return await running;
  };
}
const freshMs = 1_000;

interface Told {
  readonly stats: readonly ContainerStats[];
  readonly containers: readonly Container[];
  readonly sandboxes: readonly SandboxStats[];
}

function byPod({ stats, containers, sandboxes }: Told, last: Usage | undefined): readonly PodUsage[] {
  const before = new Map(last?.pods.flatMap((pod) => pod.containers.map((one) => [one.id, one] as const)));
  const statsOf = new Map(stats.map((one) => [one.id, one]));
  const sandboxOf = new Map(sandboxes.map((one) => [one.id, one]));
  const pods = new Map<string, PodUsage & { containers: ContainerUsage[] }>();
  for (const { id, sandboxId, state, labels, createdAtMs, image } of containers) {
    const own = statsOf.get(id);
    const uid = labels[podUidLabel];
    if (own === undefined || uid === undefined || state !== 'running') continue;
    const earlier = before.get(id);
    const cpuNanoCores = earlier === undefined ? 0 : rate(earlier, own, own.atMs - earlier.atMs);
    const { network = [], processes } = sandboxOf.get(sandboxId) ?? {};
    const pod = pods.get(uid) ?? {
      namespace: labels[podNamespaceLabel] ?? '',
      name: labels[podNameLabel] ?? '',
      uid,
      startMs: createdAtMs,
      containers: [],
      network,
      ...(processes === undefined ? {} : { processes }),
      sandboxId,
    };
    const name = labels[containerNameLabel] ?? own.name;
    pod.containers.push({ ...own, name, cpuNanoCores, startMs: createdAtMs, image });
    pods.set(uid, { ...pod, startMs: Math.min(pod.startMs, createdAtMs) });
  }
  return [...pods.values()];
}

interface Counted {
  readonly cpuCoreNanoSeconds: number;
}

function rate(before: Counted, now: Counted, ms: number): number {
  if (ms <= 0) return 0;
  return Math.max(0, Math.round(((now.cpuCoreNanoSeconds - before.cpuCoreNanoSeconds) / ms) * 1000));
}

async function nodeUsage(): Promise<Omit<NodeUsage, 'cpuNanoCores'>> {
  const read = (path: string) => readFile(path, 'utf8').catch(() => '');
  const [stat, meminfo, dev, routes, load, pidMax] = await Promise.all(
    ['stat', 'meminfo', 'net/dev', 'net/route', 'loadavg', 'sys/kernel/pid_max'].map((name) => read(`/proc/${name}`)),
  );
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (/^cpu +(.*)$/m.exec(stat!)?.[1] ?? '')
    .split(' ')
    .map(Number);
  const memoryTotalBytes = totalmem();
  const inMemory = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(meminfo!)?.[1] ?? 0) * 1024;
  const memoryAvailableBytes = inMemory('MemAvailable');
  const main = defaultInterface(routes!);
  return {
    cpuCoreNanoSeconds: (user + nice + system + irq + softirq) * nanosPerTick,
    memoryWorkingSetBytes: memoryTotalBytes - memoryAvailableBytes,
    memoryAvailableBytes,
    memoryTotalBytes,
    cores: availableParallelism(),
    startMs: Number(/^btime (\d+)$/m.exec(stat!)?.[1] ?? 0) * 1000,
    swapTotalBytes: inMemory('SwapTotal'),
    swapUsedBytes: inMemory('SwapTotal') - inMemory('SwapFree'),
    // Those of pods are the pods'.
    network: readNetDev(dev!)
      .filter(({ name }) => !/^(veth|cali|lxc)/.test(name))
      .toSorted((a, b) => Number(b.name === main) - Number(a.name === main)),
    processes: Number(/ \d+\/(\d+) /.exec(load!)?.[1] ?? 0),
    mostProcesses: Number(pidMax!.trim()),
  };
}

function ownUsage(atMs: number, last: Usage | undefined): OwnUsage {
  const { user, system } = process.cpuUsage();
  const cpuCoreNanoSeconds = (user + system) * 1000;
  const cpuNanoCores = last === undefined ? 0 : rate(last.own, { cpuCoreNanoSeconds }, atMs - last.atMs);
  const startMs = atMs - process.uptime() * 1000;
  return { cpuCoreNanoSeconds, cpuNanoCores, memoryRssBytes: process.memoryUsage.rss(), startMs };
}

/** What cannot be told is left out. */
async function diskUsage(rootDir: string, images: Measured['images'], signal: AbortSignal) {
  const fs = await fsUsage(rootDir).catch(() => undefined);
  const [of] = (await images?.fsInfo(signal).catch(() => [])) ?? [];
  const disk = of === undefined ? undefined : await fsUsage(of.mountpoint).catch(() => undefined);
  return {
    ...(fs === undefined ? {} : { fs }),
    ...(disk === undefined ? {} : { imageFs: { ...disk, imageBytes: of!.usedBytes } }),
  };
}
const nanosPerTick = 10_000_000; // USER_HZ is 100 wherever Linux is
