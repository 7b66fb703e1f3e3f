import type { RuntimeCondition } from '#cri/runtime.ts';
import { podLevelResize, restartAllContainers } from '#lib/api/scheduling/declared-features.ts';
import { timestamp } from '#lib/api/timestamp.ts';
import type { NodeCondition, NodeStatus } from '#lib/api/types/core.v1.ts';
import type { Machine } from './machine.ts';
import { leftForPods, type ReserveRule, standardReserve } from './reserve.ts';

export interface NodeFacts {
  readonly name: string;
  /** Primary first. */
  readonly ips: readonly string[];
  readonly port: number;
  readonly machine: Machine;
  /** Whether the machine is going down. */
  readonly isShuttingDown: boolean;
  readonly maxPods: number;
  readonly reserve?: ReserveRule | undefined;
  /** Of images in the status; no limit if negative, 50 unless told. */
  readonly mostImages?: number | undefined;
  /** Such as 'containerd://1.6.20'. */
  readonly runtimeVersion: string;
  readonly kubeletVersion: string;
  /** `undefined` while the runtime does not answer. */
  readonly runtime: readonly RuntimeCondition[] | undefined;
  /** What it can do. */
  readonly runtimeFeatures: Pick<NodeStatus, 'features' | 'runtimeHandlers'>;
  readonly network: { readonly isReady: boolean; readonly message: string };
  readonly images: readonly { readonly names: readonly string[]; readonly sizeBytes: number }[];
  /** As the API has it now. */
  readonly before: NodeStatus | undefined;
  readonly nowMs: number;
}

/** The labels that every node has. Rule: "Well-Known Labels, Annotations and Taints". */
export function nodeLabels({ name, machine }: Pick<NodeFacts, 'name' | 'machine'>): Readonly<Record<string, string>> {
  const { architecture, operatingSystem } = machine.info;
  return {
    'beta.kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': operatingSystem,
    'kubernetes.io/arch': architecture,
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': operatingSystem,
  };
}

export function nodeStatusOf(facts: NodeFacts): NodeStatus {
  const { name, ips, port, machine, runtimeVersion, kubeletVersion, images, mostImages = 50 } = facts;
  const others = extendedResources(facts.before);
  return {
    capacity: { ...others, ...capacityOf(facts) },
    allocatable: { ...others, ...allocatableOf(facts) },
    conditions: conditionsOf(facts),
    addresses: [
      ...ips.map((address) => ({ type: 'InternalIP' as const, address })),
      { type: 'Hostname' as const, address: name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
    nodeInfo: {
      ...machine.info,
      containerRuntimeVersion: runtimeVersion,
      kubeletVersion,
      kubeProxyVersion: '',
      ...(machine.swapBytes === 0 ? {} : { swap: { capacity: machine.swapBytes } }),
    },
    images: [...images]
      .sort((a, b) => b.sizeBytes - a.sizeBytes)
      .slice(0, mostImages < 0 ? images.length : mostImages)
      .map(({ names, sizeBytes }) => ({ names: names.slice(0, mostNames), sizeBytes })),
    ...facts.runtimeFeatures,
    declaredFeatures,
  };
}
/** What this agent can do that others may not, sorted. Rule: KEP-5328. */
const declaredFeatures = [podLevelResize, restartAllContainers];
const mostNames = 5;

type Quantities = Readonly<Record<string, string>>;

/** What somebody else advertises for the node: all of it may be given to pods. Rule: "Advertise Extended Resources for a Node". */
function extendedResources(before: NodeStatus | undefined): Quantities {
  return Object.fromEntries(Object.entries(before?.capacity ?? {}).filter(([name]) => name.includes('/')));
}

/** Names that are to go from `allocatable`: a patch has to say so. */
export function withdrawn(before: NodeStatus | undefined, now: NodeStatus): readonly string[] {
  return Object.keys(before?.allocatable ?? {}).filter((name) => now.allocatable?.[name] === undefined);
}

function capacityOf({ machine, maxPods }: Pick<NodeFacts, 'machine' | 'maxPods'>): Quantities {
  const { cpus, memoryBytes, storageBytes, hugePages } = machine;
  return {
    cpu: String(cpus),
    'ephemeral-storage': kibi(storageBytes),
    ...Object.fromEntries(
      Object.entries(hugePages).map(([size, bytes]) => [`hugepages-${size}`, bytes === 0 ? '0' : inMebi(bytes)]),
    ),
    memory: kibi(memoryBytes),
    pods: String(maxPods),
  };
}

/** What is left for pods of it. */
export function allocatableOf(facts: Pick<NodeFacts, 'machine' | 'maxPods' | 'reserve'>): Quantities {
  const { cpuMilli, memoryBytes, storageBytes } = leftForPods(facts.machine, facts.reserve ?? standardReserve);
  return {
    ...capacityOf(facts),
    cpu: cpuMilli % 1000 === 0 ? String(cpuMilli / 1000) : `${cpuMilli}m`,
    'ephemeral-storage': String(Math.floor(storageBytes)),
    memory: kibi(memoryBytes),
  };
}

function inMebi(bytes: number): string {
  return bytes % 1024 ** 2 === 0 ? `${bytes / 1024 ** 2}Mi` : kibi(bytes);
}

function kibi(bytes: number): string {
  return `${Math.floor(bytes / 1024)}Ki`;
}

function conditionsOf(facts: NodeFacts): readonly NodeCondition[] {
  const fine: readonly (readonly [string, string, string])[] = [
    ['MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
    ['DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
    ['PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ];
  const troubles = troublesOf(facts);
  return [
    ...fine.map(([type, reason, message]) => stamped({ type, status: 'False', reason, message }, facts)),
    stamped(
      troubles.length === 0
        ? { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
        : {
            type: 'Ready',
            status: 'False',
            reason: 'KubeletNotReady',
            message: `[${troubles.join(', ')}]`.replace(/^\[([^,]*)\]$/, '$1'),
          },
      facts,
    ),
  ];
}

function troublesOf({ runtime, network, isShuttingDown }: NodeFacts): readonly string[] {
  if (isShuttingDown) return ['node is shutting down'];
  if (runtime === undefined) return ['container runtime is down'];
  const troubles = runtime.flatMap(({ type, status, reason, message }) => {
    // What else a runtime tells of itself, such as its deprecations, makes no node unready.
    if (status || (type !== 'RuntimeReady' && type !== 'NetworkReady')) return [];
    const what =
      type === 'NetworkReady'
        ? 'container runtime network not ready'
        : 'container runtime status check may not have completed yet';
    return [`${what}: ${type}=false reason:${reason} message:${message}`];
  });
  return network.isReady ? troubles : [...troubles, `node network not ready: ${network.message}`];
}

function stamped(
  condition: Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>,
  { before, nowMs }: NodeFacts,
): NodeCondition {
  const was = before?.conditions?.find(({ type }) => type === condition.type);
  const now = timestamp(nowMs);
  const lastTransitionTime = was?.status === condition.status ? (was.lastTransitionTime ?? now) : now;
  return { ...condition, lastHeartbeatTime: now, lastTransitionTime };
}

/** Whether the API has to be told now, rather than with the next report of the unchanged. */
export function isNews(before: NodeStatus | undefined, now: NodeStatus): boolean {
  return JSON.stringify(withoutTimes(before)) !== JSON.stringify(withoutTimes(now));
}

/** Only what is reported, in a fixed order of keys. */
function withoutTimes(status: NodeStatus | undefined) {
  const conditions =
    status?.conditions?.map(({ type, status: is, reason, message }) => [type, is, reason, message]) ?? [];
  const sorted = (map: object | undefined) => Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    conditions.filter(([type]) => ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'].includes(type!)),
    sorted(status?.capacity),
    sorted(status?.allocatable),
    status?.addresses?.map(({ type, address }) => [type, address]),
    sorted(status?.nodeInfo).filter(([, value]) => value !== ''),
    status?.daemonEndpoints?.kubeletEndpoint?.Port,
    status?.runtimeHandlers?.map(({ name, features }) => [name, sorted(features)]),
    status?.images?.map(({ names, sizeBytes }) => [names, sizeBytes]),
    status?.declaredFeatures,
  ];
}
