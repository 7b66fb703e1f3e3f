import type { ContainerUsage, NodeUsage, PodUsage, Usage } from './usage.ts';

/** The Summary API's answer. Rule: stats/v1alpha1 Summary. */
export function summaryOf(nodeName: string, { node, pods, atMs }: Usage): unknown {
  return {
    node: {
      nodeName,
      startTime: time(node.startMs),
      cpu: cpu(atMs, node),
      memory: { ...memory(atMs, node), availableBytes: node.memoryAvailableBytes },
    },
    pods: pods.map((pod) => podSummary(pod, atMs)),
  };
}

function podSummary({ namespace, name, uid, startMs, containers }: PodUsage, atMs: number): unknown {
  const sum = (value: (one: ContainerUsage) => number) => containers.reduce((total, one) => total + value(one), 0);
  const cpuUsage = { cpuCoreNanoSeconds: sum((c) => c.cpuCoreNanoSeconds), cpuNanoCores: sum((c) => c.cpuNanoCores) };
  const memoryUsage = {
    memoryWorkingSetBytes: sum((c) => c.memoryWorkingSetBytes),
    memoryUsageBytes: sum((c) => c.memoryUsageBytes),
    memoryRssBytes: sum((c) => c.memoryRssBytes),
    pageFaults: sum((c) => c.pageFaults),
    majorPageFaults: sum((c) => c.majorPageFaults),
  };
  const usedBytes = sum((c) => c.writableLayer.usedBytes);
  return {
    podRef: { name, namespace, uid },
    startTime: time(startMs),
    containers: containers.map(containerSummary),
    cpu: cpu(atMs, cpuUsage),
    memory: memory(atMs, memoryUsage),
    'ephemeral-storage': {
      time: time(atMs),
      usedBytes,
      inodesUsed: sum((c) => c.writableLayer.inodesUsed),
    },
  };
}

function containerSummary(usage: ContainerUsage): unknown {
  const { usedBytes, inodesUsed, atMs } = usage.writableLayer;
  return {
    name: usage.name,
    startTime: time(usage.startMs),
    cpu: cpu(usage.atMs, usage),
    memory: memory(usage.atMs, usage),
    rootfs: { time: time(atMs), usedBytes, inodesUsed },
  };
}

function cpu(atMs: number, usage: Pick<NodeUsage, 'cpuCoreNanoSeconds' | 'cpuNanoCores'>): unknown {
  return { time: time(atMs), usageNanoCores: usage.cpuNanoCores, usageCoreNanoSeconds: usage.cpuCoreNanoSeconds };
}

function memory(
  atMs: number,
  usage: Pick<ContainerUsage, 'memoryWorkingSetBytes'> & Partial<ContainerUsage>,
): Readonly<Record<string, unknown>> {
  return {
    time: time(atMs),
    usageBytes: usage.memoryUsageBytes,
    workingSetBytes: usage.memoryWorkingSetBytes,
    rssBytes: usage.memoryRssBytes,
    pageFaults: usage.pageFaults,
    majorPageFaults: usage.majorPageFaults,
  };
}

function time(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
