import type { Cri } from '#cri/runtime.ts';
import type { Container, Pod, Service } from '#lib/api/types/core.v1.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Refusal } from '../admission/admit.ts';
import type { Cgroups } from '../cgroups/cgroups.ts';
import type { Puller } from '../images/puller.ts';
import type { Limit } from '../limit.ts';
import type { PodObjects } from '../objects.ts';
import type { UserNamespaces } from '../userns/user-namespaces.ts';
import type { Volumes } from '../volumes/volumes.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { DnsFacts } from './dns-config.ts';
import type { Observer } from './observer.ts';
import type { PodMetrics } from './pod-metrics.ts';

/** What the doing of steps needs of the node: filled by main. */
export interface NodeTools {
  readonly cri: Pick<Cri, 'runtime'>;
  readonly observer: Observer;
  readonly puller: Puller;
  readonly cgroups: Cgroups;
  readonly volumes: Volumes;
  readonly users: UserNamespaces;
  readonly objects: PodObjects;
  readonly services: { list(): Iterable<Service> };
  readonly longestRestartMs?: number | undefined;
  readonly rootDir: string;
  /** Where pods' logs lie: /var/log/pods unless told. */
  readonly podLogsDir?: string | undefined;
  /** Addresses of the node, primary first. */
  readonly hostIPs: readonly string[];
  /** `status.allocatable` of the node. */
  allocatable(): Readonly<Record<string, string>>;
  /** Whether the pod may run here beside `others`. */
  admit(pod: Pod, others: readonly Pod[]): Refusal | undefined;
  readonly capacityBytes: number;
  /** Of which it has some: `2Mi`. */
  readonly hugePageSizes: readonly string[];
  /** Whether the runtime's seccomp profile holds for containers that name none. */
  readonly seccompDefault?: boolean | undefined;
  /** Whether all processes of a container that is out of memory die. */
  readonly killsTogether: boolean;
  /** Whether CPU limits hold containers back. They do unless told. */
  readonly enforcesCpuLimits?: boolean | undefined;
  /** Read for each sandbox: the node's resolv.conf may change. */
  dns(): Promise<DnsFacts>;
  /** The runtime's name of a RuntimeClass. */
  handlerOf(runtimeClassName: string | undefined, signal: AbortSignal): Promise<string>;
  /** Tells users what happens, in an Event about the pod, or about one of its containers. */
  record(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string, container?: Container): void;
  /** Whether every source of pods has been heard: until then nothing is ended because nobody names it. */
  knowsAllPods(): boolean;
  /** Sandboxes and containers that are made at once. */
  readonly limit: Limit;
  readonly checkpoint: Checkpoint;
  readonly metrics?: Pick<PodMetrics, 'queue' | 'sandbox' | 'starting' | 'notStarted'>;
  /**
   * Ends with the agent, not with a pod: what makes a sandbox or a container is not given up half-way, as runtimes leave
   * parts of it behind; it is short, and what it made is then taken away as anything else.
   */
  readonly life: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
}
