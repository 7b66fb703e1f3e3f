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
      'CPU time that the container has used.',
      perContainer(seconds),
    ),
    family(
      'container_memory_working_set_bytes',
      'gauge',
      'Memory of the container that cannot be reclaimed.',
      perContainer(workingSet),
    ),
    family(
      'container_start_time_seconds',
      'gauge',
      'When the container was started.',
      perContainer((one) => one.startMs / 1000),
    ),
    family('node_cpu_usage_seconds_total', 'counter', 'CPU time that the node has used.', [
      sample({}, seconds(node), atMs),
    ]),
    family('node_memory_working_set_bytes', 'gauge', 'Memory of the node that cannot be reclaimed.', [
      sample({}, workingSet(node), atMs),
    ]),
    family('pod_cpu_usage_seconds_total', 'counter', 'CPU time that the pod has used.', perPod(seconds)),
    family('pod_memory_working_set_bytes', 'gauge', 'Memory of the pod that cannot be reclaimed.', perPod(workingSet)),
    family('resource_scrape_error', 'gauge', '1 where the containers could not be asked for.', [sample({}, 0)]),
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
      'CPU time that was used.',
      perContainer((one) => one.cpuCoreNanoSeconds / 1e9, { cpu: 'total' }),
    ),
    family(
      'container_memory_usage_bytes',
      'gauge',
      'Memory that is counted, pages of files included.',
      perContainer((one) => one.memoryUsageBytes),
    ),
    family(
      'container_memory_working_set_bytes',
      'gauge',
      'Memory that cannot be reclaimed.',
      perContainer((one) => one.memoryWorkingSetBytes),
    ),
    family(
      'container_memory_rss',
      'gauge',
      'Memory of no file.',
      perContainer((one) => one.memoryRssBytes),
    ),
    family(
      'container_fs_usage_bytes',
      'gauge',
      'What the container has written beside its volumes.',
      perContainer((one) => one.writableLayer.usedBytes),
    ),
    family(
      'container_start_time_seconds',
      'gauge',
      'When the container was started.',
      perContainer((one) => one.startMs / 1000),
    ),
    family(
      'container_last_seen',
      'gauge',
      'When the container was last looked at.',
      perContainer((one) => one.atMs / 1000),
    ),
    ...(
      [
        ['receive_bytes', 'Bytes that came in.', (one) => one.rxBytes],
        ['receive_errors', 'Packets that came in broken.', (one) => one.rxErrors],
        ['transmit_bytes', 'Bytes that went out.', (one) => one.txBytes],
        ['transmit_errors', 'Packets that could not go out.', (one) => one.txErrors],
      ] as const satisfies readonly (readonly [string, string, (one: InterfaceUsage) => number])[]
    ).map(([name, help, value]) => family(`container_network_${name}_total`, 'counter', help, perInterface(value))),
    ...(
      [
        ['memory_limit_bytes', 'Most memory; 0: no limit.', (limits) => limits.memoryBytes ?? 0],
        ['cpu_quota', 'Microseconds of CPU in a period; 0: no limit.', (limits) => limits.cpuQuotaMicros ?? 0],
        ['cpu_period', 'Microseconds of a period.', () => cpuPeriodMicros],
        ['cpu_shares', 'Its weight where CPU is short.', (limits) => limits.cpuShares],
      ] as const satisfies readonly (readonly [string, string, (limits: Limits) => number])[]
    ).map(([name, help, value]) => family(`container_spec_${name}`, 'gauge', help, perLimit(value))),
    family(
      'container_cpu_cfs_periods_total',
      'counter',
      'Periods in which the container ran.',
      perCount((stats) => stats.periods, isHeldBack),
    ),
    family(
      'container_cpu_cfs_throttled_periods_total',
      'counter',
      'Periods in which it was held back.',
      perCount((stats) => stats.throttledPeriods, isHeldBack),
    ),
    family(
      'container_cpu_cfs_throttled_seconds_total',
      'counter',
      'How long it was held back.',
      perCount((stats) => stats.throttledSeconds, isHeldBack),
    ),
    family(
      'container_memory_cache',
      'gauge',
      'Memory that holds pages of files.',
      perCount(
        (stats) => stats.cacheBytes,
        () => true,
      ),
    ),
    family('machine_swap_bytes', 'gauge', 'Swap that the machine has.', [sample({}, node.swapTotalBytes)]),
    family('machine_cpu_cores', 'gauge', 'CPUs that the machine has.', [sample({}, node.cores)]),
    family('machine_memory_bytes', 'gauge', 'Memory that the machine has.', [sample({}, node.memoryTotalBytes)]),
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
  ['available_bytes', 'Bytes of the volume that pods can still write.', (one) => one.availableBytes],
  ['capacity_bytes', 'Bytes that the volume has.', (one) => one.capacityBytes],
  ['inodes', 'Files that the volume can hold.', (one) => one.inodes],
  ['inodes_free', 'Files that it can still hold.', (one) => one.inodesFree],
  ['inodes_used', 'Files that it holds.', (one) => one.inodesUsed],
  ['used_bytes', 'Bytes that are written.', (one) => one.usedBytes],
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
