import type { InterfaceUsage } from '#cri/runtime.ts';
import { timestamp } from '#lib/api/timestamp.ts';
import type { FsUsage } from './files.ts';
import type { ContainerUsage, NodeUsage, OwnUsage, PodUsage, Usage } from './usage.ts';
import type { VolumeUsage } from './volume-usage.ts';

/** What pods keep on the node. */
export interface Kept {
  /** By the pod's uid. */
  readonly volumes: ReadonlyMap<string, readonly VolumeUsage[]>;
  /** Logs of a container, by its id. */
  readonly logs: ReadonlyMap<string, Pick<FsUsage, 'usedBytes' | 'inodesUsed'>>;
}

/** The Summary API's answer. Rule: stats/v1alpha1 Summary. */
export function summaryOf(nodeName: string, { node, own, pods, atMs }: Usage, kept: Kept): unknown {
  const { fs, imageFs } = node;
  return {
    node: {
      nodeName,
      systemContainers: [ownSummary(atMs, own), podsSummary(atMs, pods, node)],
      startTime: timestamp(node.startMs),
      cpu: cpu(atMs, node),
      memory: { ...memory(atMs, node), availableBytes: node.memoryAvailableBytes },
      ...networkOf(atMs, node.network),
      ...(fs === undefined ? {} : { fs: { time: timestamp(atMs), ...fs } }),
      ...(imageFs === undefined ? {} : { runtime: runtimeOf(atMs, imageFs) }),
      rlimit: { time: timestamp(atMs), maxpid: node.mostProcesses, curproc: node.processes },
      swap: {
        time: timestamp(atMs),
        swapAvailableBytes: node.swapTotalBytes - node.swapUsedBytes,
        swapUsageBytes: node.swapUsedBytes,
      },
    },
    pods: pods.map((pod) => podSummary(pod, node, kept, atMs)),
  };
}

function ownSummary(atMs: number, { startMs, memoryRssBytes, ...used }: OwnUsage): unknown {
  const ofMemory = { memoryUsageBytes: memoryRssBytes, memoryWorkingSetBytes: memoryRssBytes, memoryRssBytes };
  return { name: 'kubelet', startTime: timestamp(startMs), cpu: cpu(atMs, used), memory: memory(atMs, ofMemory) };
}

/** All pods together. */
function podsSummary(atMs: number, pods: readonly PodUsage[], { startMs }: NodeUsage): unknown {
  const all = pods.flatMap(({ containers }) => containers);
  return { name: 'pods', startTime: timestamp(startMs), ...sumOf(atMs, all) };
}

function sumOf(
  atMs: number,
  containers: readonly ContainerUsage[],
): { readonly cpu: unknown; readonly memory: unknown } {
  const sum = (value: (one: ContainerUsage) => number) => containers.reduce((total, one) => total + value(one), 0);
  return {
    cpu: cpu(atMs, {
      cpuCoreNanoSeconds: sum((c) => c.cpuCoreNanoSeconds),
      cpuNanoCores: sum((c) => c.cpuNanoCores),
    }),
    memory: memory(atMs, {
      memoryWorkingSetBytes: sum((c) => c.memoryWorkingSetBytes),
      memoryUsageBytes: sum((c) => c.memoryUsageBytes),
      memoryRssBytes: sum((c) => c.memoryRssBytes),
      pageFaults: sum((c) => c.pageFaults),
      majorPageFaults: sum((c) => c.majorPageFaults),
    }),
  };
}

/** Images and the writable layers of containers are on one disk. */
function runtimeOf(atMs: number, { imageBytes, ...disk }: NonNullable<NodeUsage['imageFs']>): unknown {
  const { availableBytes, capacityBytes, inodesFree, inodes, inodesUsed } = disk;
  const shared = { time: timestamp(atMs), availableBytes, capacityBytes, inodesFree, inodes, inodesUsed };
  return {
    imageFs: { ...shared, usedBytes: imageBytes },
    containerFs: { ...shared, usedBytes: disk.usedBytes },
  };
}

function podSummary(pod: PodUsage, node: NodeUsage, kept: Kept, atMs: number): unknown {
  const volumes = kept.volumes.get(pod.uid) ?? [];
  const { namespace, name, uid, startMs, containers, network, processes } = pod;
  const sum = (value: (one: ContainerUsage) => number) => containers.reduce((total, one) => total + value(one), 0);
  const logs = (name: 'usedBytes' | 'inodesUsed') => sum(({ id }) => kept.logs.get(id)?.[name] ?? 0);
  const onDisk = volumes.filter(({ isEphemeral }) => isEphemeral);
  return {
    podRef: { name, namespace, uid },
    startTime: timestamp(startMs),
    containers: containers.map((one) => containerSummary(one, node, kept.logs.get(one.id))),
    ...sumOf(atMs, containers),
    ...networkOf(atMs, network),
    ...(volumes.length === 0 ? {} : { volume: volumes.map(volumeSummary) }),
    'ephemeral-storage': {
      time: timestamp(atMs),
      ...room(node.fs),
      usedBytes:
        onDisk.reduce((total, one) => total + one.usedBytes, 0) +
        sum((c) => c.writableLayer.usedBytes) +
        logs('usedBytes'),
      inodesUsed:
        onDisk.reduce((total, one) => total + one.inodesUsed, 0) +
        sum((c) => c.writableLayer.inodesUsed) +
        logs('inodesUsed'),
    },
    ...(processes === undefined ? {} : { process_stats: { process_count: processes } }),
  };
}

function containerSummary(
  usage: ContainerUsage,
  { fs, imageFs }: NodeUsage,
  logs: Pick<FsUsage, 'usedBytes' | 'inodesUsed'> | undefined,
): unknown {
  const { usedBytes, inodesUsed, atMs } = usage.writableLayer;
  return {
    name: usage.name,
    startTime: timestamp(usage.startMs),
    cpu: cpu(usage.atMs, usage),
    memory: memory(usage.atMs, usage),
    rootfs: { time: timestamp(atMs), ...room(imageFs), usedBytes, inodesUsed },
    ...(logs === undefined ? {} : { logs: { time: timestamp(atMs), ...room(fs), ...logs } }),
  };
}

function volumeSummary({ name, atMs, claim, isEphemeral: _, ...usage }: VolumeUsage): unknown {
  return { time: timestamp(atMs), ...usage, name, ...(claim === undefined ? {} : { pvcRef: claim }) };
}

/** What there is of the disk that something lies on. */
function room(disk: FsUsage | undefined): Partial<FsUsage> {
  if (disk === undefined) return {};
  const { availableBytes, capacityBytes, inodesFree, inodes } = disk;
  return { availableBytes, capacityBytes, inodesFree, inodes };
}

/** The first one is the one that people mean. */
function networkOf(atMs: number, all: readonly InterfaceUsage[]): { readonly network?: unknown } {
  const [main] = all;
  return main === undefined ? {} : { network: { time: timestamp(atMs), ...main, interfaces: all } };
}

function cpu(atMs: number, usage: Pick<NodeUsage, 'cpuCoreNanoSeconds' | 'cpuNanoCores'>): unknown {
  return { time: timestamp(atMs), usageNanoCores: usage.cpuNanoCores, usageCoreNanoSeconds: usage.cpuCoreNanoSeconds };
}

function memory(
  atMs: number,
  usage: Pick<ContainerUsage, 'memoryWorkingSetBytes'> & Partial<ContainerUsage>,
): Readonly<Record<string, unknown>> {
  return {
    time: timestamp(atMs),
    usageBytes: usage.memoryUsageBytes,
    workingSetBytes: usage.memoryWorkingSetBytes,
    rssBytes: usage.memoryRssBytes,
    pageFaults: usage.pageFaults,
    majorPageFaults: usage.majorPageFaults,
  };
}
