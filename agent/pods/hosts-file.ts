import type { HostAlias } from '#lib/api/types/core.v1.ts';
import type { PodHostname } from './hostname.ts';

export interface HostsFacts {
  readonly podIPs: readonly string[];
  readonly name: PodHostname;
  readonly aliases: readonly HostAlias[];
  /** The node's own file, for pods on its network. */
  readonly nodeFile?: string;
}

/** The text of the pod's /etc/hosts. Rule: "Adding entries to Pod /etc/hosts with HostAliases". */
export function renderHosts({ podIPs, name, aliases, nodeFile }: HostsFacts): string {
  const lines =
    nodeFile === undefined
      ? [...ownLines, ...podIPs.map((ip) => `${ip}\t${name.domain === '' ? '' : `${name.domain}\t`}${shortName(name)}`)]
      : ['# Kubernetes-managed hosts file (host network).', nodeFile.replace(/\n$/, '')];
  if (aliases.length > 0) {
    lines.push('', '# Entries added by HostAliases.');
    for (const { ip, hostnames } of aliases) lines.push(`${ip}\t${(hostnames ?? []).join('\t')}`);
  }
  return `${lines.join('\n')}\n`;
}

const ownLines: readonly string[] = [
  '# Kubernetes-managed hosts file.',
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::0\tip6-localnet',
  'fe00::0\tip6-mcastprefix',
  'fe00::1\tip6-allnodes',
  'fe00::2\tip6-allrouters',
];

function shortName({ hostname, domain }: PodHostname): string {
  return hostname === domain ? hostname.slice(0, hostname.indexOf('.')) : hostname;
}
