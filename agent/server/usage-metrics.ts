// Usage in Prometheus' text format: /metrics/resource for metrics-server, and the part of /metrics/cadvisor that dashboards read.
import type { InterfaceUsage } from '#cri/runtime.ts';
import { cpuPeriodMicros, type Limits } from '../cgroups/limits.ts';
import type { KernelStats } from '../cgroups/stats.ts';
import type { ContainerUsage, PodUsage, Usage } from './usage.ts';
import type { VolumeUsage } from './volume-usage.ts';

/** Rule: KEP-727 (resource metrics endpoint). */
export function resourceMetrics({ atMs, node, pods }: Usage): string {
  const all = pods.flatMap((pod) => pod.containers.map((one) => [pod, one] as const));
  const perContainer = (value: (one: ContainerUsage) => number) =>
    all.map(([pod, one]) =>
      sample({ container: one.name, namespace: pod.namespace, pod: pod.name }, value(one), one.atMs),
    );
  const perPod = (value: (one: ContainerUsage) => number) =>
    pods.map(({ namespace, name, containers }) => {
      return sample(
        { namespace, pod: name },
        containers.reduce((sum, one) => sum + value(one), 0),
        atMs,
      );
    });
  const seconds = (one: { readonly cpuCoreNanoSeconds: number }) => one.cpuCoreNanoSeconds / 1e9;
  const workingSet = (one: { readonly memoryWorkingSetBytes: number }) => one.memoryWorkingSetBytes;
  return [
    family(
      'container_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed by the container in core-seconds',
      perContainer(seconds),
    ),
    family(
      'container_memory_working_set_bytes',
      'gauge',
      'Current working set of the container in bytes',
      perContainer(workingSet),
    ),
    family(
      'container_start_time_seconds',
      'gauge',
      'Start time of the container since unix epoch in seconds',
      perContainer((one) => one.startMs / 1000),
    ),
    family('node_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed by the node in core-seconds', [
      sample({}, seconds(node), atMs),
    ]),
    family('node_memory_working_set_bytes', 'gauge', 'Current working set of the node in bytes', [
      sample({}, workingSet(node), atMs),
    ]),
    family(
      'pod_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed by the pod in core-seconds',
      perPod(seconds),
    ),
    family('pod_memory_working_set_bytes', 'gauge', 'Current working set of the pod in bytes', perPod(workingSet)),
    family('resource_scrape_error', 'gauge', '1 if there was an error while getting container metrics, 0 otherwise', [
      sample({}, 0),
    ]),
  ].join('');
}

/** Names and labels are cAdvisor's, values the runtime's. */
export function cadvisorMetrics(
  { node, pods, atMs }: Usage,
  limitsOf: (podUid: string, container: string) => Limits | undefined,
  counted: ReadonlyMap<string, KernelStats> = new Map(),
): string {
  /** By the kernel; `isFor`: of whom it is told. */
  const perCount = (value: (stats: KernelStats) => number, isFor: (limits: Limits | undefined) => boolean) =>
    pods.flatMap((pod) =>
      pod.containers.flatMap((one) => {
        const stats = counted.get(one.id);
        if (stats === undefined || !isFor(limitsOf(pod.uid, one.name))) return [];
        return [sample(labelsOf(pod, one), value(stats), one.atMs)];
      }),
    );
  const isHeldBack = (limits: Limits | undefined) => limits?.cpuQuotaMicros !== undefined;
  const perInterface = (value: (one: InterfaceUsage) => number) =>
    pods.flatMap(({ namespace, name: pod, sandboxId, network }) =>
      network.map((one) => {
        const own = { container: '', id: `/${sandboxId}`, image: '', interface: one.name, name: sandboxId };
        return sample({ ...own, namespace, pod }, value(one), atMs);
      }),
    );
  const perLimit = (value: (limits: Limits) => number) =>
    pods.flatMap((pod) =>
      pod.containers.flatMap((one) => {
        const limits = limitsOf(pod.uid, one.name);
        return limits === undefined ? [] : [sample(labelsOf(pod, one), value(limits), one.atMs)];
      }),
    );
  const perContainer = (value: (one: ContainerUsage) => number, extra: Labels = {}) =>
    pods.flatMap((pod) =>
      pod.containers.map((one) => sample({ ...labelsOf(pod, one), ...extra }, value(one), one.atMs)),
    );
  return [
    family(
      'container_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed in seconds.',
      perContainer((one) => one.cpuCoreNanoSeconds / 1e9, { cpu: 'total' }),
    ),
    family(
      'container_memory_usage_bytes',
      'gauge',
      'Current memory usage in bytes, including all memory regardless of when it was accessed.',
      perContainer((one) => one.memoryUsageBytes),
    ),
    family(
      'container_memory_working_set_bytes',
      'gauge',
      'Current working set in bytes.',
      perContainer((one) => one.memoryWorkingSetBytes),
    ),
    family(
      'container_memory_rss',
      'gauge',
      'Size of RSS in bytes.',
      perContainer((one) => one.memoryRssBytes),
    ),
    family(
      'container_fs_usage_bytes',
      'gauge',
      'Number of bytes that are consumed by the container on this filesystem.',
      perContainer((one) => one.writableLayer.usedBytes),
    ),
    family(
      'container_start_time_seconds',
      'gauge',
      'Start time of the container since unix epoch in seconds.',
      perContainer((one) => one.startMs / 1000),
    ),
    family(
      'container_last_seen',
      'gauge',
      'Last time a container was seen by the exporter',
      perContainer((one) => one.atMs / 1000),
    ),
    ...(
      [
        ['receive_bytes', 'Cumulative count of bytes received', (one) => one.rxBytes],
        ['receive_errors', 'Cumulative count of errors encountered while receiving', (one) => one.rxErrors],
        ['transmit_bytes', 'Cumulative count of bytes transmitted', (one) => one.txBytes],
        ['transmit_errors', 'Cumulative count of errors encountered while transmitting', (one) => one.txErrors],
      ] as const satisfies readonly (readonly [string, string, (one: InterfaceUsage) => number])[]
    ).map(([name, help, value]) => family(`container_network_${name}_total`, 'counter', help, perInterface(value))),
    ...(
      [
        ['memory_limit_bytes', 'Memory limit for the container.', (limits) => limits.memoryBytes ?? 0],
        ['cpu_quota', 'CPU quota of the container.', (limits) => limits.cpuQuotaMicros ?? 0],
        ['cpu_period', 'CPU period of the container.', () => cpuPeriodMicros],
        ['cpu_shares', 'CPU share of the container.', (limits) => limits.cpuShares],
      ] as const satisfies readonly (readonly [string, string, (limits: Limits) => number])[]
    ).map(([name, help, value]) => family(`container_spec_${name}`, 'gauge', help, perLimit(value))),
    family(
      'container_cpu_cfs_periods_total',
      'counter',
      'Number of elapsed enforcement period intervals.',
      perCount((stats) => stats.periods, isHeldBack),
    ),
    family(
      'container_cpu_cfs_throttled_periods_total',
      'counter',
      'Number of throttled period intervals.',
      perCount((stats) => stats.throttledPeriods, isHeldBack),
    ),
    family(
      'container_cpu_cfs_throttled_seconds_total',
      'counter',
      'Total time duration the container has been throttled.',
      perCount((stats) => stats.throttledSeconds, isHeldBack),
    ),
    family(
      'container_memory_cache',
      'gauge',
      'Number of bytes of page cache memory.',
      perCount(
        (stats) => stats.cacheBytes,
        () => true,
      ),
    ),
    family('machine_swap_bytes', 'gauge', 'Amount of swap memory available on the machine.', [
      sample({}, node.swapTotalBytes),
    ]),
    family('machine_cpu_cores', 'gauge', 'Number of logical CPU cores.', [sample({}, node.cores)]),
    family('machine_memory_bytes', 'gauge', 'Amount of memory installed on the machine.', [
      sample({}, node.memoryTotalBytes),
    ]),
  ].join('');
}

/** How full claims are, as dashboards read it at /metrics: each claim once, however many pods have it. */
export function volumeMetrics(volumes: readonly VolumeUsage[]): string {
  const claims = new Map(volumes.flatMap((one) => (one.claim ? [[JSON.stringify(one.claim), one] as const] : [])));
  return volumeFamilies
    .map(([name, help, value]) => {
      const samples = [...claims.values()].map((one) =>
        sample({ namespace: one.claim!.namespace, persistentvolumeclaim: one.claim!.name }, value(one)),
      );
      return family(`kubelet_volume_stats_${name}`, 'gauge', help, samples);
    })
    .join('');
}
const volumeFamilies: readonly (readonly [string, string, (one: VolumeUsage) => number])[] = [
  ['available_bytes', 'Number of available bytes in the volume', (one) => one.availableBytes],
  ['capacity_bytes', 'Capacity in bytes of the volume', (one) => one.capacityBytes],
  ['inodes', 'Maximum number of inodes in the volume', (one) => one.inodes],
  ['inodes_free', 'Number of free inodes in the volume', (one) => one.inodesFree],
  ['inodes_used', 'Number of used inodes in the volume', (one) => one.inodesUsed],
  ['used_bytes', 'Number of used bytes in the volume', (one) => one.usedBytes],
];

type Labels = Readonly<Record<string, string>>;

function labelsOf({ namespace, name }: PodUsage, one: ContainerUsage): Labels {
  return { container: one.name, id: `/${one.id}`, image: one.image, name: one.id, namespace, pod: name };
}

function family(name: string, type: string, help: string, samples: readonly string[]): string {
  if (samples.length === 0) return '';
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples.map((one) => `${name}${one}\n`).join('')}`;
}

function sample(labels: Labels, value: number, atMs?: number): string {
  const pairs = Object.entries(labels).map(
    ([name, text]) => `${name}="${text.replaceAll(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`,
  );
  return `${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}${atMs === undefined ? '' : ` ${Math.round(atMs)}`}`;
}
