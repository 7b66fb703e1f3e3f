// The port to a container runtime, in the vocabulary of the Container Runtime Interface v1.
//
// A *sandbox* is what the containers of a pod share (network, IPC, cgroup parent); it is ready or not ready, and never
// becomes ready again. A *container* goes created > running > exited, and never back: a restart is a new container.
// Stop and remove are idempotent: what is gone already is a success. Errors are `ReasonError`s: NotFound for an id that
// is unknown, ServiceUnavailable while the runtime is away (call again: the connection heals by itself).
import type { ContainerConfig, LinuxResources, SandboxConfig } from './config.ts';

export interface Runtime {
  version(signal: AbortSignal): Promise<RuntimeVersion>;
  status(signal: AbortSignal): Promise<RuntimeStatus>;
  /** The cgroup driver that the runtime wants, if it can tell. */
  cgroupDriver(signal: AbortSignal): Promise<'systemd' | 'cgroupfs' | undefined>;

  /** Returns the sandbox's id once it is ready, its network included. */
  runSandbox(config: SandboxConfig, runtimeHandler: string, signal: AbortSignal): Promise<string>;
  /** Kills what still runs in it and gives its network back. */
  stopSandbox(id: string, signal: AbortSignal): Promise<void>;
  /** Removes it with all of its containers. */
  removeSandbox(id: string, signal: AbortSignal): Promise<void>;
  sandboxStatus(id: string, signal: AbortSignal): Promise<SandboxStatus>;
  listSandboxes(filter: Filter, signal: AbortSignal): Promise<readonly Sandbox[]>;

  /** Returns the container's id. `sandbox` is the config that the sandbox was run with. */
  createContainer(
    sandboxId: string,
    config: ContainerConfig,
    sandbox: SandboxConfig,
    signal: AbortSignal,
  ): Promise<string>;
  /** Settles when its process runs. */
  startContainer(id: string, signal: AbortSignal): Promise<void>;
  /** Sends its stop signal, then kills it after `graceSeconds`; settles when it has ended. */
  stopContainer(id: string, graceSeconds: number, signal: AbortSignal): Promise<void>;
  removeContainer(id: string, signal: AbortSignal): Promise<void>;
  containerStatus(id: string, signal: AbortSignal): Promise<ContainerStatus>;
  listContainers(filter: Filter, signal: AbortSignal): Promise<readonly Container[]>;
  updateResources(id: string, resources: LinuxResources, signal: AbortSignal): Promise<void>;
  /** Makes a running container write to its log path anew, after the file was moved away. */
  reopenLog(id: string, signal: AbortSignal): Promise<void>;

  /**
   * Writes all that a running container is, its memory included, into a tar archive at `location`. It goes on running.
   * @throws MethodNotAllowed if the runtime cannot
   */
  checkpoint(id: string, location: string, timeoutSeconds: number, signal: AbortSignal): Promise<void>;

  /** Runs a command to its end; its output is capped by the runtime. @throws Timeout after `timeoutSeconds` (0: never) */
  execSync(id: string, command: readonly string[], timeoutSeconds: number, signal: AbortSignal): Promise<ExecOutput>;
  /** URL of a streaming endpoint (SPDY/3.1 or WebSocket, `remotecommand` protocols). */
  exec(id: string, command: readonly string[], streams: Streams, signal: AbortSignal): Promise<string>;
  attach(id: string, streams: Streams, signal: AbortSignal): Promise<string>;
  portForward(sandboxId: string, ports: readonly number[], signal: AbortSignal): Promise<string>;

  stats(filter: Filter, signal: AbortSignal): Promise<readonly ContainerStats[]>;
  /** Of all sandboxes; empty if the runtime does not tell. */
  sandboxStats(signal: AbortSignal): Promise<readonly SandboxStats[]>;
  /**
   * What happens to containers from now on, until `signal` is aborted or the stream breaks. An end may be told a moment
   * before the container's status shows it; containerd 1.6 tells of ends alone.
   * @throws MethodNotAllowed if the runtime has no events: list instead
   */
  events(signal: AbortSignal): AsyncIterable<RuntimeEvent>;
}

export interface Images {
  /** `undefined` if the image is not here. */
  imageStatus(image: string, signal: AbortSignal): Promise<Image | undefined>;
  /** Returns the reference of what was pulled: containers are created with it. */
  pull(
    image: string,
    auth: RegistryAuth | undefined,
    sandbox: SandboxConfig | undefined,
    signal: AbortSignal,
  ): Promise<string>;
  list(signal: AbortSignal): Promise<readonly Image[]>;
  remove(image: string, signal: AbortSignal): Promise<void>;
  fsInfo(signal: AbortSignal): Promise<readonly FilesystemUsage[]>;
}

/** What images hold, seen without a container. Not of CRI v1, but what its image mounts do, too. */
export interface ImageViews {
  /** How to mount all that `image` holds, read-only, for `key`. It stays while the view is open; a repeat gives the same. */
  open(key: string, image: string, signal: AbortSignal): Promise<readonly ViewMount[]>;
  /** Nothing of it is mounted any more. A repeat is fine. */
  close(key: string, signal: AbortSignal): Promise<void>;
}

export interface ViewMount {
  /** A file system, or `bind`. */
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

export interface Cri {
  readonly runtime: Runtime;
  readonly images: Images;
  readonly views: ImageViews;
  close(): void;
}

export interface RuntimeVersion {
  readonly name: string;
  readonly version: string;
  readonly apiVersion: string;
}

export interface RuntimeStatus {
  /** `RuntimeReady` and `NetworkReady` at least. */
  readonly conditions: readonly RuntimeCondition[];
  /** Its handlers and what they can do, '' being the default; empty if the runtime does not tell (before 2.0). */
  readonly handlers: readonly RuntimeHandler[];
  /** Whether the groups that an image gives a user can be left out. */
  readonly supplementalGroupsPolicy: boolean;
}

export interface RuntimeHandler {
  readonly name: string;
  readonly recursiveReadOnlyMounts: boolean;
  readonly userNamespaces: boolean;
}

export interface RuntimeCondition {
  readonly type: string;
  readonly status: boolean;
  readonly reason: string;
  readonly message: string;
}

/** All that is given must match. */
export interface Filter {
  readonly id?: string;
  readonly sandboxId?: string;
  readonly labels?: Labels;
}
export type Labels = Readonly<Record<string, string>>;

export interface Sandbox {
  readonly id: string;
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly attempt: number;
  readonly isReady: boolean;
  readonly createdAtMs: number;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly runtimeHandler: string;
}

export interface SandboxStatus extends Sandbox {
  /** Empty on the host's network. */
  readonly ips: readonly string[];
}

export type ContainerState = 'created' | 'running' | 'exited' | 'unknown';

export interface Container {
  readonly id: string;
  readonly sandboxId: string;
  readonly name: string;
  readonly attempt: number;
  readonly image: string;
  readonly imageRef: string;
  readonly state: ContainerState;
  readonly createdAtMs: number;
  readonly labels: Labels;
  readonly annotations: Labels;
}

export interface ContainerStatus {
  readonly id: string;
  readonly name: string;
  readonly attempt: number;
  readonly image: string;
  readonly imageRef: string;
  readonly state: ContainerState;
  readonly createdAtMs: number;
  /** 0 before it was started. */
  readonly startedAtMs: number;
  /** 0 before it ended. */
  readonly finishedAtMs: number;
  readonly exitCode: number;
  /** Such as `Completed`, `Error`, `OOMKilled`. */
  readonly reason: string;
  readonly message: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly logPath: string;
  readonly mounts: readonly ContainerMount[];
  /** Who its first process began as; absent if the runtime does not tell (containerd before 2.0). */
  readonly user?: ContainerUser;
  /** As the protocol names it; absent if the runtime does not tell. */
  readonly stopSignal?: string;
}

export interface ContainerMount {
  readonly containerPath: string;
  readonly hostPath: string;
  readonly recursiveReadOnly: boolean;
}

export interface ContainerUser {
  readonly uid: number;
  readonly gid: number;
  readonly supplementalGroups: readonly number[];
}

export interface ExecOutput {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly exitCode: number;
}

export interface Streams {
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  /** Must be false with `tty`. */
  readonly stderr: boolean;
}

export interface ContainerStats {
  readonly id: string;
  readonly name: string;
  readonly labels: Labels;
  readonly atMs: number;
  readonly cpuCoreNanoSeconds: number;
  readonly memoryWorkingSetBytes: number;
  readonly memoryUsageBytes: number;
  readonly memoryRssBytes: number;
  readonly pageFaults: number;
  readonly majorPageFaults: number;
  readonly writableLayer: FilesystemUsage;
}

export interface SandboxStats {
  /** Of the sandbox. */
  readonly id: string;
  /** The default one first; empty on the host's network. */
  readonly network: readonly InterfaceUsage[];
  /** In all containers together; absent if the runtime does not tell. */
  readonly processes?: number;
}

export interface InterfaceUsage {
  readonly name: string;
  readonly rxBytes: number;
  readonly rxErrors: number;
  readonly txBytes: number;
  readonly txErrors: number;
}

export interface FilesystemUsage {
  readonly mountpoint: string;
  readonly usedBytes: number;
  readonly inodesUsed: number;
  readonly atMs: number;
}

export interface RuntimeEvent {
  readonly type: 'created' | 'started' | 'stopped' | 'deleted';
  /** A sandbox's events have its own id here. */
  readonly containerId: string;
  /** '' if the runtime does not tell (containerd 1.6). */
  readonly podUid: string;
}

export interface Image {
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly sizeBytes: number;
  /** Who its containers run as, if the image says so by number. */
  readonly uid?: number;
  /** The same by name; '' if it does not. */
  readonly username: string;
  /** Must not be garbage collected, such as the image of sandboxes. */
  readonly isPinned: boolean;
}

export interface RegistryAuth {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
  readonly serverAddress?: string;
  readonly identityToken?: string;
  readonly registryToken?: string;
}
