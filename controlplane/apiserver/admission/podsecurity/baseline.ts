// What the level `baseline` forbids: known ways out of a container. Pure. Rule: Pod Security Standards, Baseline.
import {
  badContainers,
  type Check,
  containersOf,
  hasOwnUsers,
  named,
  type PodLike,
  plural,
  quoted,
  settersOf,
  sorted,
  type Violation,
} from './check.ts';
import { profileChecks } from './profiles.ts';

function always(id: string, check: (pod: PodLike) => Violation | undefined): Check {
  return { id, level: 'baseline', versions: [{ since: 0, check }] };
}

const capabilities = always('capabilities_baseline', ({ spec }) => {
  const added = (one: ReturnType<typeof containersOf>[number]) =>
    (one.securityContext?.capabilities?.add ?? []).filter((name) => !defaultCapabilities.has(name));
  const containers = badContainers(spec, (one) => added(one).length > 0);
  if (containers.length === 0) return undefined;
  const names = quoted(sorted(containersOf(spec).flatMap(added)));
  const detail = `${named(containers)} must not include ${names} in securityContext.capabilities.add`;
  return { reason: 'non-default capabilities', detail };
});
const defaultCapabilities: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

const hostNamespaces = always('hostNamespaces', ({ spec }) => {
  const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field] === true);
  if (shared.length === 0) return undefined;
  return { reason: 'host namespaces', detail: shared.map((field) => `${field}=true`).join(', ') };
});

const hostPathVolumes = always('hostPathVolumes', ({ spec }) => {
  const volumes = (spec.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name);
  if (volumes.length === 0) return undefined;
  return { reason: 'hostPath volumes', detail: `${plural(volumes.length, 'volume', 'volumes')} ${quoted(volumes)}` };
});

const hostPorts = always('hostPorts', ({ spec }) => {
  const portsOf = ({ ports }: ReturnType<typeof containersOf>[number]) =>
    (ports ?? []).flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : []));
  const containers = badContainers(spec, (one) => portsOf(one).length > 0);
  if (containers.length === 0) return undefined;
  const ports = sorted(containersOf(spec).flatMap(portsOf));
  const uses = plural(containers.length, 'uses', 'use');
  const detail = `${named(containers)} ${uses} ${plural(ports.length, 'hostPort', 'hostPorts')} ${ports.join(', ')}`;
  return { reason: 'hostPort', detail };
});

const hostProbes: Check = {
  id: 'hostProbesAndHostLifecycle',
  level: 'baseline',
  versions: [
    {
      since: 34,
      check({ spec }) {
        const hostsOf = (one: ReturnType<typeof containersOf>[number]) =>
          [
            one.livenessProbe,
            one.readinessProbe,
            one.startupProbe,
            one.lifecycle?.postStart,
            one.lifecycle?.preStop,
          ].flatMap(
            (handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host].filter((host) => !!host) as string[],
          );
        const containers = sorted(badContainers(spec, (one) => hostsOf(one).length > 0));
        if (containers.length === 0) return undefined;
        const hosts = sorted(containersOf(spec).flatMap(hostsOf));
        const what = plural(hosts.length, 'probe or lifecycle host', 'probe or lifecycle hosts');
        const detail = `${named(containers)} ${plural(containers.length, 'uses', 'use')} ${what} ${quoted(hosts)}`;
        return { reason: 'probe or lifecycle host', detail };
      },
    },
  ],
};

const privileged = always('privileged', ({ spec }) => {
  const containers = badContainers(spec, ({ securityContext }) => securityContext?.privileged === true);
  if (containers.length === 0) return undefined;
  return { reason: 'privileged', detail: `${named(containers)} must not set securityContext.privileged=true` };
});

const procMount: Check = {
  id: 'procMount_baseline',
  level: 'baseline',
  versions: [
    { since: 0, check: maskedProc },
    { since: 35, check: (pod) => (hasOwnUsers(pod.spec) ? undefined : maskedProc(pod)) },
  ],
};

export function maskedProc({ spec }: PodLike): Violation | undefined {
  const mountOf = ({ securityContext }: ReturnType<typeof containersOf>[number]) => securityContext?.procMount;
  const isBad = (mount: string | undefined): boolean => mount !== undefined && mount !== 'Default';
  const containers = badContainers(spec, (one) => isBad(mountOf(one)));
  if (containers.length === 0) return undefined;
  const mounts = quoted(
    sorted(containersOf(spec).flatMap((one) => (isBad(mountOf(one)) ? [String(mountOf(one))] : []))),
  );
  return { reason: 'procMount', detail: `${named(containers)} must not set securityContext.procMount to ${mounts}` };
}

const sysctlsSince: readonly (readonly [number, readonly string[]])[] = [
  [
    0,
    [
      'kernel.shm_rmid_forced',
      'net.ipv4.ip_local_port_range',
      'net.ipv4.tcp_syncookies',
      'net.ipv4.ping_group_range',
      'net.ipv4.ip_unprivileged_port_start',
    ],
  ],
  [27, ['net.ipv4.ip_local_reserved_ports']],
  [
    29,
    [
      'net.ipv4.tcp_keepalive_time',
      'net.ipv4.tcp_fin_timeout',
      'net.ipv4.tcp_keepalive_intvl',
      'net.ipv4.tcp_keepalive_probes',
    ],
  ],
  [32, ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']],
];

const sysctls: Check = {
  id: 'sysctls',
  level: 'baseline',
  versions: sysctlsSince.map(([since]) => {
    const allowed = new Set(sysctlsSince.filter(([from]) => from <= since).flatMap(([, names]) => names));
    return {
      since,
      check({ spec }) {
        const names = (spec.securityContext?.sysctls ?? []).map(({ name }) => name);
        const forbidden = names.filter((name) => !allowed.has(name));
        return forbidden.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: forbidden.join(', ') };
      },
    };
  }),
};

const windowsHostProcess = always('windowsHostProcess', ({ spec }) => {
  const who = settersOf(spec, 'windowsOptions', ({ hostProcess }) => hostProcess === true);
  if (who === undefined) return undefined;
  return { reason: 'hostProcess', detail: `${who} must not set securityContext.windowsOptions.hostProcess=true` };
});

/** By id: in this order they speak. */
export const baselineChecks: readonly Check[] = [
  ...profileChecks,
  capabilities,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  hostProbes,
  privileged,
  procMount,
  sysctls,
  windowsHostProcess,
].sort((a, b) => (a.id < b.id ? -1 : 1));
