// What pods and the node use, as measured now: one measurement serves all who ask within a second or two.
import { readFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import type { Container, ContainerStats } from '#cri/runtime.ts';
import { containerNameLabel, podNameLabel, podNamespaceLabel, podUidLabel } from '../pods/annotations.ts';
import type { KubeletServerOptions } from './options.ts';

export interface Usage {
  readonly atMs: number;
  readonly node: NodeUsage;
  readonly pods: readonly PodUsage[];
}

export interface NodeUsage {
  readonly cpuCoreNanoSeconds: number;
  readonly cpuNanoCores: number;
  readonly memoryWorkingSetBytes: number;
  readonly memoryAvailableBytes: number;
  readonly memoryTotalBytes: number;
  readonly cores: number;
  readonly startMs: number;
}

export interface PodUsage {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly startMs: number;
  readonly containers: readonly ContainerUsage[];
}

export interface ContainerUsage extends ContainerStats {
  /** Over the time since the last measurement; 0 for the first. */
  readonly cpuNanoCores: number;
  readonly startMs: number;
  readonly image: string;
}

/** Measures; what was measured less than a second ago is not measured again. */
export function createUsage({ runtime, clock }: Pick<KubeletServerOptions, 'runtime' | 'clock'>) {
  let last: Usage | undefined;
  let running: Promise<Usage> | undefined;

  async function measure(signal: AbortSignal): Promise<Usage> {
    const [stats, containers, node] = await Promise.all([
      runtime.stats({}, signal),
      runtime.listContainers({}, signal),
      nodeUsage(),
    ]);
    const atMs = clock.now();
    const cpuNanoCores = last === undefined ? 0 : rate(last.node, node, atMs - last.atMs);
    last = { atMs, node: { ...node, cpuNanoCores }, pods: byPod(stats, containers, last) };
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

function byPod(
  stats: readonly ContainerStats[],
  containers: readonly Container[],
  last: Usage | undefined,
): readonly PodUsage[] {
  const before = new Map(last?.pods.flatMap((pod) => pod.containers.map((one) => [one.id, one] as const)));
  const statsOf = new Map(stats.map((one) => [one.id, one]));
  const pods = new Map<string, PodUsage & { containers: ContainerUsage[] }>();
  for (const { id, state, labels, createdAtMs, image } of containers) {
    const own = statsOf.get(id);
    const uid = labels[podUidLabel];
    if (own === undefined || uid === undefined || state !== 'running') continue;
    const earlier = before.get(id);
    const cpuNanoCores = earlier === undefined ? 0 : rate(earlier, own, own.atMs - earlier.atMs);
    const pod = pods.get(uid) ?? {
      namespace: labels[podNamespaceLabel] ?? '',
      name: labels[podNameLabel] ?? '',
      uid,
      startMs: createdAtMs,
      containers: [],
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
  const [stat, meminfo] = await Promise.all([readFile('/proc/stat', 'utf8'), readFile('/proc/meminfo', 'utf8')]);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? '')
    .split(' ')
    .map(Number);
  const memoryTotalBytes = totalmem();
  const memoryAvailableBytes = Number(/^MemAvailable: +(\d+) kB$/m.exec(meminfo)?.[1] ?? 0) * 1024;
  return {
    cpuCoreNanoSeconds: (user + nice + system + irq + softirq) * nanosPerTick,
    memoryWorkingSetBytes: memoryTotalBytes - memoryAvailableBytes,
    memoryAvailableBytes,
    memoryTotalBytes,
    cores: availableParallelism(),
    startMs: Number(/^btime (\d+)$/m.exec(stat)?.[1] ?? 0) * 1000,
  };
}
const nanosPerTick = 10_000_000; // USER_HZ is 100 wherever Linux is
