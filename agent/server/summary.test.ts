import test from 'ava';
import { summaryOf } from './summary.ts';
import type { ContainerUsage, Usage } from './usage.ts';
import { cadvisorMetrics, volumeMetrics } from './usage-metrics.ts';
import type { VolumeUsage } from './volume-usage.ts';

const atMs = Date.UTC(2026, 0, 1);
const disk = { availableBytes: 60, capacityBytes: 100, usedBytes: 40, inodesFree: 7, inodes: 10, inodesUsed: 3 };
const eth0 = { name: 'eth0', rxBytes: 1, rxErrors: 2, txBytes: 3, txErrors: 4 };
const container = {
  id: 'c1',
  name: 'main',
  image: 'busybox:1',
  labels: {},
  atMs,
  startMs: atMs - 5_000,
  cpuCoreNanoSeconds: 2e9,
  cpuNanoCores: 5,
  memoryWorkingSetBytes: 10,
  memoryUsageBytes: 11,
  memoryRssBytes: 12,
  pageFaults: 13,
  majorPageFaults: 14,
  writableLayer: { mountpoint: '/', usedBytes: 15, inodesUsed: 16, atMs },
} satisfies ContainerUsage;
const usage: Usage = {
  atMs,
  own: { cpuCoreNanoSeconds: 4e9, cpuNanoCores: 3, memoryRssBytes: 80, startMs: 0 },
  node: {
    cpuCoreNanoSeconds: 9e9,
    cpuNanoCores: 7,
    memoryWorkingSetBytes: 70,
    memoryAvailableBytes: 30,
    memoryTotalBytes: 100,
    cores: 2,
    startMs: 0,
    swapTotalBytes: 50,
    swapUsedBytes: 20,
    network: [eth0],
    processes: 5,
    mostProcesses: 32_768,
    fs: disk,
    imageFs: { ...disk, imageBytes: 25 },
  },
  pods: [
    {
      namespace: 'default',
      name: 'web',
      uid: 'u1',
      startMs: 0,
      containers: [container],
      network: [eth0],
      processes: 3,
      sandboxId: 's1',
    },
  ],
};
const claimed: VolumeUsage = { name: 'data', atMs, ...disk, claim: { namespace: 'default', name: 'claim' } };
const plain: VolumeUsage = { name: 'tmp', atMs, ...disk, usedBytes: 6, inodesUsed: 2, isEphemeral: true };
const inMemory: VolumeUsage = { name: 'key', atMs, ...disk };
const now = '2026-01-01T00:00:00Z';

test('summaryOf() tells of the node’s disks, network, processes and swap', (t) => {
  const { node } = summaryOf('n1', usage, { volumes: new Map(), logs: new Map() }) as { readonly node: object };
  t.like(node, {
    nodeName: 'n1',
    systemContainers: [
      { name: 'kubelet', cpu: { usageNanoCores: 3 }, memory: { workingSetBytes: 80, rssBytes: 80 } },
      { name: 'pods', cpu: { usageCoreNanoSeconds: 2e9, usageNanoCores: 5 }, memory: { workingSetBytes: 10 } },
    ],
    fs: { time: now, ...disk },
    network: { time: now, ...eth0, interfaces: [eth0] },
    rlimit: { time: now, maxpid: 32_768, curproc: 5 },
    swap: { time: now, swapAvailableBytes: 30, swapUsageBytes: 20 },
    runtime: { imageFs: { usedBytes: 25, capacityBytes: 100 }, containerFs: { usedBytes: 40 } },
  });
});

test('summaryOf() tells of pods with their network, processes and volumes', (t) => {
  const logs = new Map([['c1', { usedBytes: 33, inodesUsed: 2 }]]);
  const kept = { volumes: new Map([['u1', [claimed, plain, inMemory]]]), logs };
  const { pods } = summaryOf('n1', usage, kept) as { readonly pods: readonly object[] };
  t.like(pods[0], {
    podRef: { name: 'web', namespace: 'default', uid: 'u1' },
    network: { ...eth0, interfaces: [eth0] },
    process_stats: { process_count: 3 },
    'ephemeral-storage': { capacityBytes: 100, usedBytes: 54, inodesUsed: 20 },
    containers: [
      {
        name: 'main',
        logs: { capacityBytes: 100, usedBytes: 33, inodesUsed: 2 },
        rootfs: { time: now, availableBytes: 60, capacityBytes: 100, usedBytes: 15 },
      },
    ],
    volume: [
      { time: now, ...disk, name: 'data', pvcRef: { namespace: 'default', name: 'claim' } },
      { time: now, ...disk, usedBytes: 6, inodesUsed: 2, name: 'tmp' },
      { time: now, ...disk, name: 'key' },
    ],
  });
});

test('cadvisorMetrics() tells of networks and limits under cAdvisor’s names', (t) => {
  const limits = { cpuShares: 512, cpuQuotaMicros: 50_000, memoryBytes: 64 };
  const stats = { periods: 10, throttledPeriods: 4, throttledSeconds: 1.5, cacheBytes: 4096 };
  const text = cadvisorMetrics(usage, () => limits, new Map([['c1', stats]]));
  const labels = 'container="main",id="/c1",image="busybox:1",name="c1",namespace="default",pod="web"';
  for (const line of [
    `container_network_receive_bytes_total{container="",id="/s1",image="",interface="eth0",name="s1",namespace="default",pod="web"} 1 ${atMs}`,
    `container_network_transmit_errors_total{container="",id="/s1",image="",interface="eth0",name="s1",namespace="default",pod="web"} 4 ${atMs}`,
    `container_spec_memory_limit_bytes{${labels}} 64 ${atMs}`,
    `container_spec_cpu_quota{${labels}} 50000 ${atMs}`,
    `container_spec_cpu_period{${labels}} 100000 ${atMs}`,
    `container_spec_cpu_shares{${labels}} 512 ${atMs}`,
    `container_cpu_cfs_periods_total{${labels}} 10 ${atMs}`,
    `container_cpu_cfs_throttled_periods_total{${labels}} 4 ${atMs}`,
    `container_cpu_cfs_throttled_seconds_total{${labels}} 1.5 ${atMs}`,
    `container_memory_cache{${labels}} 4096 ${atMs}`,
    'machine_swap_bytes 50',
  ]) {
    t.true(text.includes(`${line}\n`), `${line}\n---\n${text}`);
  }
});

test('cadvisorMetrics() tells of throttling only where there is a limit', (t) => {
  const stats = { periods: 0, throttledPeriods: 0, throttledSeconds: 0, cacheBytes: 1 };
  const text = cadvisorMetrics(usage, () => ({ cpuShares: 2 }), new Map([['c1', stats]]));
  t.notRegex(text, /container_cpu_cfs/);
  t.regex(text, /container_memory_cache/);
});

test('volumeMetrics() tells how full claims are, each once', (t) => {
  const text = volumeMetrics([claimed, plain, claimed]);
  const labels = '{namespace="default",persistentvolumeclaim="claim"}';
  t.is(text.split('\n').filter((line) => line.startsWith('kubelet_volume_stats_capacity_bytes')).length, 1);
  for (const [name, value] of [
    ['capacity_bytes', 100],
    ['available_bytes', 60],
    ['used_bytes', 40],
    ['inodes', 10],
    ['inodes_free', 7],
    ['inodes_used', 3],
  ]) {
    t.true(text.includes(`kubelet_volume_stats_${name}${labels} ${value}\n`), text);
  }
  t.is(volumeMetrics([plain]), '');
});
