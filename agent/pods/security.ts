import type {
  ContainerSecurity,
  NamespaceOptions,
  SecurityProfile,
  SelinuxOptions,
  UserNamespace,
} from '#cri/config.ts';
import type {
  SELinuxOptions as ApiSelinux,
  AppArmorProfile,
  Container,
  Pod,
  SeccompProfile,
} from '#lib/api/types/core.v1.ts';

/** Who the image runs as, if nothing else is said. */
export interface ImageUser {
  readonly uid?: number;
  readonly username: string;
}

export function namespaceOptions({ spec }: Pod, targetId?: string): NamespaceOptions {
  return {
    network: spec.hostNetwork ? 'NODE' : 'POD',
    ipc: spec.hostIPC ? 'NODE' : 'POD',
    pid: spec.hostPID ? 'NODE' : spec.shareProcessNamespace ? 'POD' : targetId === undefined ? 'CONTAINER' : 'TARGET',
    ...(targetId === undefined || spec.hostPID || spec.shareProcessNamespace ? {} : { targetId }),
  };
}

export interface SecurityRest {
  /** Id of the container whose processes an ephemeral one sees. */
  readonly targetId?: string | undefined;
  readonly users?: UserNamespace | undefined;
  /** Whether the runtime's seccomp profile holds for who names none. */
  readonly isStrict?: boolean | undefined;
  /** Where the node's own seccomp profiles are: /var/lib/kubelet/seccomp unless told. */
  readonly seccompRoot?: string | undefined;
}

/** Fields of the container win over those of the pod. Rule: "Configure a Security Context for a Pod or Container". */
export function securityOf(
  pod: Pod,
  container: Container,
  user: ImageUser,
  { targetId, users, isStrict = false, seccompRoot = '/var/lib/kubelet/seccomp' }: SecurityRest = {},
): ContainerSecurity {
  const own = container.securityContext ?? {};
  const shared = pod.spec.securityContext ?? {};
  const privileged = own.privileged ?? false;
  const runAsUser = own.runAsUser ?? shared.runAsUser ?? user.uid;
  const runAsGroup = own.runAsGroup ?? shared.runAsGroup;
  const { capabilities } = own;
  const selinux = own.seLinuxOptions ?? shared.seLinuxOptions;
  const showsProc = own.procMount === 'Unmasked' || privileged;
  return {
    privileged,
    namespaceOptions: { ...namespaceOptions(pod, targetId), ...(users === undefined ? {} : { usernsOptions: users }) },
    readonlyRootfs: own.readOnlyRootFilesystem ?? false,
    supplementalGroups: supplementalGroupsOf(pod),
    ...(shared.supplementalGroupsPolicy === 'Strict' ? { supplementalGroupsPolicy: 'Strict' } : {}),
    noNewPrivs: own.allowPrivilegeEscalation === false,
    maskedPaths: showsProc ? [] : maskedPaths,
    readonlyPaths: showsProc ? [] : readonlyPaths,
    seccomp: privileged
      ? { profileType: 'Unconfined' }
      : seccompOf(own.seccompProfile ?? shared.seccompProfile, isStrict, seccompRoot),
    ...appArmorOf(own.appArmorProfile ?? shared.appArmorProfile),
    ...(capabilities === undefined
      ? {}
      : { capabilities: { addCapabilities: capabilities.add ?? [], dropCapabilities: capabilities.drop ?? [] } }),
    ...(runAsUser === undefined
      ? user.username === ''
        ? {}
        : { runAsUsername: user.username }
      : { runAsUser: { value: runAsUser } }),
    ...(runAsGroup === undefined ? {} : { runAsGroup: { value: runAsGroup } }),
    ...(selinux === undefined ? {} : { selinuxOptions: selinuxOf(selinux) }),
  };
}

/** The pod's own groups, that of its volumes included. */
export function supplementalGroupsOf({ spec }: Pod): readonly number[] {
  const { fsGroup, supplementalGroups = [] } = spec.securityContext ?? {};
  return fsGroup === undefined ? supplementalGroups : [...supplementalGroups, fsGroup];
}

/** Why the container must not run, if it must not run as root but would: else `undefined`. Words are upstream's. */
export function rootRefusal(pod: Pod, container: Container, user: ImageUser): string | undefined {
  const own = container.securityContext ?? {};
  const shared = pod.spec.securityContext ?? {};
  if ((own.runAsNonRoot ?? shared.runAsNonRoot) !== true) return undefined;
  const names = `(pod: "${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})", container: ${container.name})`;
  const runAsUser = own.runAsUser ?? shared.runAsUser;
  if (runAsUser !== undefined) {
    return runAsUser === 0 ? `container's runAsUser breaks non-root policy ${names}` : undefined;
  }
  if (user.username !== '' && user.username !== '0') {
    return user.username === 'root'
      ? `container has runAsNonRoot and image will run as root ${names}`
      : `container has runAsNonRoot and image has non-numeric user (${user.username}), cannot verify user is non-root ${names}`;
  }
  if (user.uid === undefined || user.uid === 0) return `container has runAsNonRoot and image will run as root ${names}`;
  return undefined;
}

function seccompOf(profile: SeccompProfile | undefined, isStrict: boolean, root: string): SecurityProfile {
  if (profile?.type === 'RuntimeDefault' || (profile === undefined && isStrict))
    return { profileType: 'RuntimeDefault' };
  if (profile?.type === 'Localhost') {
    return { profileType: 'Localhost', localhostRef: `${root}/${profile.localhostProfile ?? ''}` };
  }
  return { profileType: 'Unconfined' };
}

/** Without one, the runtime has its own for who is not privileged. */
function appArmorOf(profile: AppArmorProfile | undefined): { readonly apparmor?: SecurityProfile } {
  if (profile === undefined) return {};
  const { type: profileType, localhostProfile: localhostRef } = profile;
  return { apparmor: { profileType, ...(localhostRef === undefined ? {} : { localhostRef }) } };
}

export function selinuxOf({ user = '', role = '', type = '', level = '' }: ApiSelinux): SelinuxOptions {
  return { user, role, type, level };
}

// What a container must not see or write of the kernel. Rule: the defaults of container runtimes, which CRI leaves to us.
const maskedPaths: readonly string[] = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];
const readonlyPaths: readonly string[] = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];
