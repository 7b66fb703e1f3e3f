import type { ContainerConfig, LinuxResources, Mount, UserNamespace } from '#cri/config.ts';
import type { Container, Pod, VolumeMount } from '#lib/api/types/core.v1.ts';
import { containerLimits, cpuPeriodMicros, oomScoreAdj } from '../cgroups/limits.ts';
import { units } from '../cgroups/quantities.ts';
import { containerAnnotations, containerLabels } from './annotations.ts';
import { expand } from './expand.ts';
import { containerLogPath } from './paths.ts';
import { type ImageUser, securityOf } from './security.ts';

export interface ContainerFacts {
  readonly pod: Pod;
  readonly container: Container;
  readonly attempt: number;
  /** What the runtime knows the image by. */
  readonly imageRef: string;
  readonly imageUser: ImageUser;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly mounts: readonly Mount[];
  /** Those of its sandbox. */
  readonly users?: UserNamespace | undefined;
  /** Id of the container whose processes an ephemeral one sees. */
  readonly targetId?: string;
  /** Memory of the node, for the order in which the kernel kills. */
  readonly capacityBytes: number;
  /** Whether all processes of a container that is out of memory die. */
  readonly killsTogether: boolean;
  /** Whether CPU limits hold it back. They do unless told. */
  readonly enforcesCpuLimits?: boolean | undefined;
  /** Whether the runtime's seccomp profile holds for containers that name none. */
  readonly seccompDefault?: boolean | undefined;
  readonly seccompRoot?: string;
  /** Sizes of huge pages of which the node has some: `2Mi`. */
  readonly hugePageSizes?: readonly string[];
}

export function containerConfigOf(facts: ContainerFacts): ContainerConfig {
  const { pod, container, attempt, env } = facts;
  const values = new Map(env.map(({ name, value }) => [name, value]));
  const expanded = (words: readonly string[] | undefined) =>
    (words ?? []).map((word) => expand(word, (name) => values.get(name)));
  return {
    metadata: { name: container.name, attempt },
    image: { image: facts.imageRef, userSpecifiedImage: container.image ?? '' },
    command: expanded(container.command),
    args: expanded(container.args),
    workingDir: container.workingDir ?? '',
    envs: env.map(({ name, value }) => ({ key: name, value })),
    mounts: facts.mounts.map((mount) => seenBy(facts.users, mount)),
    devices: [],
    labels: containerLabels(pod, container),
    annotations: containerAnnotations(pod, container, attempt),
    logPath: containerLogPath(container.name, attempt),
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    ...stopSignalOf(container),
    linux: {
      resources: resourcesOf(facts),
      securityContext: securityOf(pod, container, facts.imageUser, {
        targetId: facts.targetId,
        users: facts.users,
        isStrict: facts.seccompDefault,
        seccompRoot: facts.seccompRoot,
      }),
    },
  };
}

export function resourcesOf({
  pod,
  container,
  capacityBytes,
  killsTogether,
  enforcesCpuLimits = true,
  hugePageSizes = [],
}: Pick<
  ContainerFacts,
  'pod' | 'container' | 'capacityBytes' | 'killsTogether' | 'enforcesCpuLimits' | 'hugePageSizes'
>): LinuxResources {
  const { cpuShares, cpuQuotaMicros, memoryBytes } = containerLimits(container, pod.spec.resources);
  return {
    cpuPeriod: cpuPeriodMicros,
    cpuShares,
    ...(cpuQuotaMicros === undefined || !enforcesCpuLimits ? {} : { cpuQuota: cpuQuotaMicros }),
    ...(memoryBytes === undefined ? {} : { memoryLimitInBytes: memoryBytes }),
    oomScoreAdj: oomScoreAdj(pod, container, capacityBytes),
    ...hugePageLimits(container, hugePageSizes),
    // Rule: kubelet since v1.28, on cgroup v2.
    ...(killsTogether ? { unified: { 'memory.oom.group': '1' } } : {}),
  };
}

/** What of each size it may take: none, unless it asks for it. Sizes are named as the kernel's files are. */
function hugePageLimits({ resources }: Container, sizes: readonly string[]): Pick<LinuxResources, 'hugepageLimits'> {
  const asked = Object.keys(resources?.limits ?? {}).flatMap((name) => /^hugepages-(.+)$/.exec(name)?.[1] ?? []);
  const all = [...new Set([...sizes, ...asked])];
  if (all.length === 0) return {};
  return {
    hugepageLimits: all.map((size) => ({
      pageSize: `${size.replace(/i$/, '')}B`,
      limit: units(resources?.limits?.[`hugepages-${size}`]),
    })),
  };
}

/** `SIGRTMAX-1` is `SIGRTMAXMINUS1` in the protocol. */
function stopSignalOf({ lifecycle }: Container): Pick<ContainerConfig, 'stopSignal'> {
  const signal = lifecycle?.stopSignal;
  return signal === undefined ? {} : { stopSignal: signal.replace('+', 'PLUS').replace('-', 'MINUS') };
}

/** Files keep their owners on the node, who are the same ones to the container: root is its root. Unless told otherwise. */
function seenBy(users: UserNamespace | undefined, mount: Mount): Mount {
  return users?.mode === 'POD' && mount.uidMappings === undefined
    ? { ...mount, uidMappings: users.uids, gidMappings: users.gids }
    : mount;
}

/** How a volume appears in the container, once its place on the node is known. */
export function mountOf(mount: VolumeMount, hostPath: string, isReadOnly: boolean, isRecursive = false): Mount {
  const propagation = propagations[mount.mountPropagation ?? 'None'];
  return {
    containerPath: mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`,
    hostPath,
    readonly: isReadOnly || mount.readOnly === true,
    ...(isRecursive ? { recursiveReadOnly: true } : {}),
    ...(propagation === undefined ? {} : { propagation }),
  };
}
const propagations: Readonly<Record<string, NonNullable<Mount['propagation']>>> = {
  None: 'PROPAGATION_PRIVATE',
  HostToContainer: 'PROPAGATION_HOST_TO_CONTAINER',
  Bidirectional: 'PROPAGATION_BIDIRECTIONAL',
};
