import type { Pod } from '#lib/api/types/core.v1.ts';

/** Kernel settings that any pod may change in its own namespaces. Rule: "Using sysctls in a Kubernetes Cluster". */
const safe: readonly string[] = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
];

/**
 * Why the pod's sysctls are refused, if they are. `unsafe`: further ones that the node lets pods change, by name or by
 * a prefix that ends in `*`.
 */
export function sysctlRefusal({ spec }: Pod, unsafe: readonly string[]): string | undefined {
  for (const { name } of spec.securityContext?.sysctls ?? []) {
    const wrong = wrongSysctl(name.replaceAll('/', '.'), spec, [...safe, ...unsafe]);
    if (wrong !== undefined) return `forbidden sysctl: ${wrong}`;
  }
  return undefined;
}

function wrongSysctl(
  name: string,
  { hostNetwork, hostIPC }: Pod['spec'],
  allowed: readonly string[],
): string | undefined {
  const isAllowed = allowed.some((one) => (one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : one === name));
  if (!isAllowed) return `"${name}" not allowlisted`;
  const namespace = namespaceOf(name);
  if (namespace === 'net' && hostNetwork) return `"${name}" not allowed with host net enabled`;
  if (namespace === 'ipc' && hostIPC) return `"${name}" not allowed with host ipc enabled`;
  return undefined;
}

function namespaceOf(name: string): 'ipc' | 'net' | undefined {
  if (name.startsWith('net.')) return 'net';
  const ipc = ['kernel.shm', 'kernel.msg', 'fs.mqueue.'];
  return name === 'kernel.sem' || ipc.some((prefix) => name.startsWith(prefix)) ? 'ipc' : undefined;
}
