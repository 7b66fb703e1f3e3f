// What a sandbox and a container are made from: field names are the protocol's own, hence sent as they are.

export interface SandboxConfig {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly namespace: string;
    readonly attempt: number;
  };
  /** Empty on the host's network: the runtime then uses the node's. */
  readonly hostname: string;
  readonly logDirectory: string;
  /** Absent: the node's own resolv.conf. */
  readonly dnsConfig?: {
    readonly servers: readonly string[];
    readonly searches: readonly string[];
    readonly options: readonly string[];
  };
  readonly portMappings: readonly PortMapping[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly linux: {
    readonly cgroupParent: string;
    readonly sysctls: Readonly<Record<string, string>>;
    readonly securityContext: SandboxSecurity;
    readonly resources?: LinuxResources;
  };
}

export interface PortMapping {
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly containerPort: number;
  readonly hostPort: number;
  readonly hostIp: string;
}

export interface SandboxSecurity {
  readonly namespaceOptions: NamespaceOptions;
  readonly privileged: boolean;
  readonly readonlyRootfs?: boolean;
  readonly runAsUser?: Int64;
  readonly runAsGroup?: Int64;
  readonly supplementalGroups: readonly number[];
  readonly supplementalGroupsPolicy?: 'Merge' | 'Strict';
  readonly seccomp: SecurityProfile;
  readonly apparmor?: SecurityProfile;
  readonly selinuxOptions?: SelinuxOptions;
}

/** Wrapped, so that 0 and absent differ. */
export interface Int64 {
  readonly value: number;
}

export type NamespaceMode = 'POD' | 'CONTAINER' | 'NODE' | 'TARGET';

export interface NamespaceOptions {
  readonly network: NamespaceMode;
  readonly pid: NamespaceMode;
  readonly ipc: NamespaceMode;
  /** With `pid: 'TARGET'`: the container whose processes are seen. */
  readonly targetId?: string;
  /** Absent: the node's. */
  readonly usernsOptions?: UserNamespace;
}

/** `POD`: users of its own, which are those others on the node. */
export interface UserNamespace {
  readonly mode: 'POD' | 'NODE';
  readonly uids: readonly IdMapping[];
  readonly gids: readonly IdMapping[];
}

export interface IdMapping {
  readonly hostId: number;
  readonly containerId: number;
  readonly length: number;
}

export interface SecurityProfile {
  readonly profileType: 'RuntimeDefault' | 'Unconfined' | 'Localhost';
  readonly localhostRef?: string;
}

export interface SelinuxOptions {
  readonly user: string;
  readonly role: string;
  readonly type: string;
  readonly level: string;
}

export interface ContainerConfig {
  readonly metadata: { readonly name: string; readonly attempt: number };
  readonly image: { readonly image: string; readonly userSpecifiedImage?: string };
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly workingDir: string;
  readonly envs: readonly { readonly key: string; readonly value: string }[];
  readonly mounts: readonly Mount[];
  readonly devices: readonly Device[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Relative to the sandbox's log directory. */
  readonly logPath: string;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  readonly tty: boolean;
  /** As the protocol names it: `SIGRTMINPLUS1`. Absent: the image's. */
  readonly stopSignal?: string;
  readonly linux: { readonly resources: LinuxResources; readonly securityContext: ContainerSecurity };
}

export interface Mount {
  readonly containerPath: string;
  readonly hostPath: string;
  readonly readonly?: boolean;
  readonly recursiveReadOnly?: boolean;
  readonly propagation?: 'PROPAGATION_PRIVATE' | 'PROPAGATION_HOST_TO_CONTAINER' | 'PROPAGATION_BIDIRECTIONAL';
  /** Owners of its files are seen through these. */
  readonly uidMappings?: readonly IdMapping[];
  readonly gidMappings?: readonly IdMapping[];
}

export interface Device {
  readonly containerPath: string;
  readonly hostPath: string;
  readonly permissions: string;
}

/** 0 or absent: not limited. */
export interface LinuxResources {
  readonly cpuPeriod?: number;
  readonly cpuQuota?: number;
  readonly cpuShares?: number;
  readonly memoryLimitInBytes?: number;
  readonly oomScoreAdj?: number;
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  readonly hugepageLimits?: readonly { readonly pageSize: string; readonly limit: number }[];
  /** cgroup v2 files by name, such as `memory.oom.group`. */
  readonly unified?: Readonly<Record<string, string>>;
}

export interface ContainerSecurity {
  readonly capabilities?: { readonly addCapabilities: readonly string[]; readonly dropCapabilities: readonly string[] };
  readonly privileged: boolean;
  readonly namespaceOptions: NamespaceOptions;
  readonly selinuxOptions?: SelinuxOptions;
  readonly runAsUser?: Int64;
  readonly runAsUsername?: string;
  readonly runAsGroup?: Int64;
  readonly readonlyRootfs: boolean;
  readonly supplementalGroups: readonly number[];
  readonly supplementalGroupsPolicy?: 'Merge' | 'Strict';
  readonly noNewPrivs: boolean;
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
  readonly seccomp: SecurityProfile;
  readonly apparmor?: SecurityProfile;
}
