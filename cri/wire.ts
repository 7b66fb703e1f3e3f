// Messages as they come, and what we make of them: milliseconds instead of nanoseconds, unions instead of enums.
// Nanoseconds in a Number are exact to a microsecond only; that is finer than anything here needs.
import type * as port from './runtime.ts';

export interface Version {
  readonly runtimeName: string;
  readonly runtimeVersion: string;
  readonly runtimeApiVersion: string;
}
export interface Status {
  readonly status: { readonly conditions: readonly port.RuntimeCondition[] } | null;
  readonly runtimeHandlers: readonly {
    readonly name: string;
    readonly features: { readonly recursiveReadOnlyMounts: boolean; readonly userNamespaces: boolean } | null;
  }[];
  readonly features: { readonly supplementalGroupsPolicy: boolean } | null;
  /** Only when asked to be verbose. */
  readonly info: Readonly<Record<string, string>>;
}

/** What containerd before 2.0 tells of its cgroup driver: the options of its default runtime, in its own configuration. */
export function cgroupDriverIn(config: string | undefined): 'systemd' | 'cgroupfs' | undefined {
  if (config === undefined) return undefined;
  try {
    const { defaultRuntimeName, runtimes } = JSON.parse(config).containerd;
    return runtimes[defaultRuntimeName]?.options?.SystemdCgroup === true ? 'systemd' : 'cgroupfs';
  } catch {
    return undefined;
  }
}
export interface RuntimeConfig {
  readonly linux: { readonly cgroupDriver: 'SYSTEMD' | 'CGROUPFS' } | null;
}

export interface Sandbox {
  readonly id: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly attempt: number;
  };
  readonly state: 'SANDBOX_READY' | 'SANDBOX_NOTREADY';
  readonly createdAt: number;
  readonly labels: port.Labels;
  readonly annotations: port.Labels;
  readonly runtimeHandler: string;
}
export interface SandboxStatus extends Sandbox {
  readonly network: { readonly ip: string; readonly additionalIps: readonly { readonly ip: string }[] } | null;
}

export function sandbox({
  id,
  metadata,
  state,
  createdAt,
  labels,
  annotations,
  runtimeHandler,
}: Sandbox): port.Sandbox {
  const isReady = state === 'SANDBOX_READY';
  const { name, namespace, uid, attempt } = metadata;
  const createdAtMs = ms(createdAt);
  return { id, name, namespace, uid, attempt, isReady, createdAtMs, labels, annotations, runtimeHandler };
}

export function ipsOf({ network }: SandboxStatus): readonly string[] {
  if (network === null || network.ip === '') return [];
  return [network.ip, ...network.additionalIps.map(({ ip }) => ip)];
}

export interface Container {
  readonly id: string;
  readonly podSandboxId: string;
  readonly metadata: { readonly name: string; readonly attempt: number };
  readonly image: { readonly image: string } | null;
  readonly imageRef: string;
  readonly state: keyof typeof states;
  readonly createdAt: number;
  readonly labels: port.Labels;
  readonly annotations: port.Labels;
}

export function container(from: Container): port.Container {
  return {
    id: from.id,
    sandboxId: from.podSandboxId,
    name: from.metadata.name,
    attempt: from.metadata.attempt,
    image: from.image?.image ?? '',
    imageRef: from.imageRef,
    state: states[from.state],
    createdAtMs: ms(from.createdAt),
    labels: from.labels,
    annotations: from.annotations,
  };
}

export interface ContainerStatus extends Omit<Container, 'podSandboxId'> {
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  readonly logPath: string;
  readonly mounts: readonly port.ContainerMount[];
  readonly user: { readonly linux: port.ContainerUser | null } | null;
  readonly stopSignal: string;
}

export function containerStatus(from: ContainerStatus): port.ContainerStatus {
  return {
    id: from.id,
    name: from.metadata.name,
    attempt: from.metadata.attempt,
    image: from.image?.image ?? '',
    imageRef: from.imageRef,
    state: states[from.state],
    createdAtMs: ms(from.createdAt),
    startedAtMs: ms(from.startedAt),
    finishedAtMs: ms(from.finishedAt),
    exitCode: from.exitCode,
    reason: from.reason,
    message: from.message,
    labels: from.labels,
    annotations: from.annotations,
    logPath: from.logPath,
    mounts: from.mounts.map(({ containerPath, hostPath, recursiveReadOnly }) => {
      return { containerPath, hostPath, recursiveReadOnly };
    }),
    ...(from.user?.linux == null ? {} : { user: from.user.linux }),
    ...(from.stopSignal === 'RUNTIME_DEFAULT' ? {} : { stopSignal: from.stopSignal }),
  };
}

const states = {
  CONTAINER_CREATED: 'created',
  CONTAINER_RUNNING: 'running',
  CONTAINER_EXITED: 'exited',
  CONTAINER_UNKNOWN: 'unknown',
} as const;

export interface FilesystemUsage {
  readonly timestamp: number;
  readonly fsId: { readonly mountpoint: string } | null;
  readonly usedBytes: Wrapped;
  readonly inodesUsed: Wrapped;
}
type Wrapped = { readonly value: number } | null;

export function filesystem({ timestamp, fsId, usedBytes, inodesUsed }: FilesystemUsage): port.FilesystemUsage {
  return {
    mountpoint: fsId?.mountpoint ?? '',
    usedBytes: usedBytes?.value ?? 0,
    inodesUsed: inodesUsed?.value ?? 0,
    atMs: ms(timestamp),
  };
}

export interface Stats {
  readonly attributes: {
    readonly id: string;
    readonly metadata: { readonly name: string } | null;
    readonly labels: port.Labels;
  } | null;
  readonly cpu: { readonly timestamp: number; readonly usageCoreNanoSeconds: Wrapped } | null;
  readonly memory: {
    readonly workingSetBytes: Wrapped;
    readonly usageBytes: Wrapped;
    readonly rssBytes: Wrapped;
    readonly pageFaults: Wrapped;
    readonly majorPageFaults: Wrapped;
  } | null;
  readonly writableLayer: FilesystemUsage | null;
}

export function stats({ attributes, cpu, memory, writableLayer }: Stats): port.ContainerStats | undefined {
  if (attributes === null) return undefined;
  return {
    id: attributes.id,
    name: attributes.metadata?.name ?? '',
    labels: attributes.labels,
    atMs: ms(cpu?.timestamp ?? 0),
    cpuCoreNanoSeconds: cpu?.usageCoreNanoSeconds?.value ?? 0,
    memoryWorkingSetBytes: memory?.workingSetBytes?.value ?? 0,
    memoryUsageBytes: memory?.usageBytes?.value ?? 0,
    memoryRssBytes: memory?.rssBytes?.value ?? 0,
    pageFaults: memory?.pageFaults?.value ?? 0,
    majorPageFaults: memory?.majorPageFaults?.value ?? 0,
    writableLayer: filesystem(writableLayer ?? { timestamp: 0, fsId: null, usedBytes: null, inodesUsed: null }),
  };
}

interface Interface {
  readonly name: string;
  readonly rxBytes: Wrapped;
  readonly rxErrors: Wrapped;
  readonly txBytes: Wrapped;
  readonly txErrors: Wrapped;
}

export interface SandboxStats {
  readonly attributes: { readonly id: string } | null;
  readonly linux: {
    readonly network: { readonly defaultInterface: Interface | null; readonly interfaces: readonly Interface[] } | null;
    readonly process: { readonly processCount: Wrapped } | null;
  } | null;
}

export function sandboxStats({ attributes, linux }: SandboxStats): port.SandboxStats | undefined {
  if (attributes === null || linux === null) return undefined;
  const { defaultInterface = null, interfaces = [] } = linux.network ?? {};
  const all = defaultInterface === null ? interfaces : [defaultInterface, ...interfaces];
  const processes = linux.process?.processCount?.value;
  return {
    id: attributes.id,
    network: all.map(({ name, rxBytes, rxErrors, txBytes, txErrors }) => ({
      name,
      rxBytes: rxBytes?.value ?? 0,
      rxErrors: rxErrors?.value ?? 0,
      txBytes: txBytes?.value ?? 0,
      txErrors: txErrors?.value ?? 0,
    })),
    ...(processes === undefined ? {} : { processes }),
  };
}

export interface Event {
  readonly containerId: string;
  readonly containerEventType: keyof typeof eventTypes;
  readonly podSandboxStatus: SandboxStatus | null;
}

export function event({ containerId, containerEventType, podSandboxStatus }: Event): port.RuntimeEvent {
  const podUid = podSandboxStatus?.metadata?.uid ?? '';
  return { type: eventTypes[containerEventType], containerId, podUid };
}
const eventTypes = {
  CONTAINER_CREATED_EVENT: 'created',
  CONTAINER_STARTED_EVENT: 'started',
  CONTAINER_STOPPED_EVENT: 'stopped',
  CONTAINER_DELETED_EVENT: 'deleted',
} as const;

/** One of containerd's own events. */
export interface Envelope {
  readonly event: { readonly value: { readonly containerId: string } | null } | null;
}

export interface Image {
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly size: number;
  readonly uid: Wrapped;
  readonly username: string;
  readonly pinned: boolean;
}

export function image({ id, repoTags, repoDigests, size, uid, username, pinned }: Image): port.Image {
  const user = uid === null ? {} : { uid: uid.value };
  return { id, repoTags, repoDigests, sizeBytes: size, username, isPinned: pinned, ...user };
}

/** Nanoseconds to milliseconds; a time that is not set is 0. */
function ms(nanoseconds: number): number {
  return nanoseconds <= 0 ? 0 : nanoseconds / 1e6;
}
