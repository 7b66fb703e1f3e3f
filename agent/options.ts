import type { PodNetworkMode } from '#cni/routes/plan.ts';
import type { Taint } from '#lib/api/types/core.v1.ts';
import type { ImageAccessRule } from './images/access.ts';
import type { CollectRule } from './images/collect-plan.ts';
import type { PullRate } from './images/pull-rate.ts';
import type { RotationRule } from './logs/rotate-plan.ts';
import type { ReserveRule } from './node/reserve.ts';
import type { ProxyMode } from './proxy/backend.ts';
import type { AccessRule } from './server/access.ts';
import type { ServingRule } from './server/options.ts';
import type { Period } from './shutdown/plan.ts';

/** What `skiff agent` is told. Paths and addresses have no default here: the command line has. */
export interface AgentOptions {
  /** How to reach the API server, as system:node:NAME. */
  readonly kubeconfig: string;
  readonly nodeName: string;
  /** The node's address, or one of each family (`10.0.0.1,fd00::1`); that of its first interface with one unless told. */
  readonly nodeIp?: string;
  /** /var/lib/kubelet. */
  readonly rootDir: string;
  /** unix:///run/containerd/containerd.sock. */
  readonly runtimeEndpoint: string;
  /** How long a call to the runtime may take: 2 min unless told. */
  readonly runtimeTimeoutMs?: number;
  /** '/' or a path below which the pods' cgroups are made. */
  readonly cgroupRoot: string;
  /** One range, or one of each family. */
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  /** 'iptables' unless told. */
  readonly proxyMode?: ProxyMode;
  /** `primary`, or ranges of the node's addresses at which node ports answer, by commas; all unless told. */
  readonly nodePortAddresses?: string;
  /** Node ports answer at 127.0.0.1, too. */
  readonly iptablesLocalhostNodeports?: boolean;
  /** 'auto' unless told. */
  readonly podNetworkMode?: PodNetworkMode;
  /** One address, or several by commas: pods ask all of them, and DNS of this node answers at the first. */
  readonly clusterDns: string;
  readonly clusterDomain: string;
  readonly clientCaFile: string;
  /** What the node serves with; a certificate from the cluster, renewed in time, unless told. */
  readonly tlsCertFile?: string;
  readonly tlsPrivateKeyFile?: string;
  /** Of the node's own server: 10250. */
  readonly port: number;
  /** A folder of static pods, or one file. */
  readonly manifestPath?: string;
  /** Where else static pods are described. */
  readonly manifestUrl?: string;
  readonly manifestUrlHeaders?: Readonly<Record<string, string>>;
  /** How often both are looked at: 20 s unless told. */
  readonly manifestPauseMs?: number;
  /** Beyond the safe ones, by name or by a prefix that ends in `*`. */
  readonly allowedUnsafeSysctls?: readonly string[];
  readonly logRotation?: RotationRule;
  /** /var/log/pods unless told. */
  readonly podLogsDir?: string;
  readonly imageCollection?: CollectRule;
  /** KubeletConfiguration with its defaults, for those who ask; what it says is in the other options, too. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** The command line as it holds, by flag, for those who ask. */
  readonly flags?: Readonly<Record<string, string>>;
  /** Processes and threads that one pod may have; no limit unless told. */
  readonly podPidsLimit?: number;
  /** 4 unless told. */
  readonly parallelPulls?: number;
  /** How many pulls may begin; as many as are asked for unless told. */
  readonly pullRate?: PullRate;
  /** 40 unless told. */
  readonly leaseSeconds?: number;
  /** What a node that is new has, until somebody takes it away. */
  readonly taints?: readonly Taint[];
  /** What people want the node to have beside the labels of every node. */
  readonly nodeLabels?: Readonly<Record<string, string>>;
  readonly providerId?: string;
  readonly registersNode?: boolean;
  readonly nodeLookMs?: number;
  readonly nodeRepeatMs?: number;
  readonly mostImages?: number;
  /** What of the node is not for pods. */
  readonly reserve?: ReserveRule;
  /** CredentialProviderConfig: which programs know how to pull from which registries. */
  readonly credentialProviderConfig?: string;
  /** Where those programs are. */
  readonly credentialProviderFolder?: string;
  /** Which pods may use images that are here already. */
  readonly imageAccess?: ImageAccessRule;
  /** How the node's own server serves. */
  readonly serving?: ServingRule;
  /** How late the kernel kills the agent when memory is short: -999 unless told. */
  readonly oomScoreAdj?: number;
  /** Whether CPU limits hold containers back. They do unless told. */
  readonly enforcesCpuLimits?: boolean;
  /** Whether a container that is out of memory loses one process instead of all. */
  readonly killsSingly?: boolean;
  /** Whether a machine on cgroup v1 will not do. */
  readonly refusesCgroupV1?: boolean;
  readonly access?: AccessRule;
  /** The longest pause before a container that keeps ending is started again: 5 min unless told. */
  readonly longestRestartMs?: number;
  /** 10 s unless told. */
  readonly logPauseMs?: number;
  /** Whether the runtime's seccomp profile holds for containers that name none. */
  readonly seccompDefault?: boolean;
  /** How pods end when the machine goes down; nobody waits for them unless told. */
  readonly shutdown?: readonly Period[];
  /** 110 unless told. */
  readonly maxPods?: number;
  /** Users that a pod with `hostUsers: false` has: 65,536 unless told. */
  readonly idsPerPod?: number;
  /** No more pods than this for each CPU. */
  readonly podsPerCore?: number;
  /** The machine's own unless told (`machineResolvConf`); '': pods look up nothing outside. */
  readonly resolvConf?: string;
}
