import type { SandboxConfig } from '#cri/config.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';

export type DnsConfig = NonNullable<SandboxConfig['dnsConfig']>;

export interface DnsFacts {
  /** Addresses of cluster DNS. */
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  /** What the node's own resolv.conf says. */
  readonly node: DnsConfig;
}

/** What the pod's /etc/resolv.conf says. Rule: "DNS for Services and Pods", "Pod's DNS Policy". */
export function dnsConfigOf(pod: Pod, { clusterDns, clusterDomain, node }: DnsFacts): DnsConfig {
  const { dnsPolicy = 'ClusterFirst', hostNetwork = false, dnsConfig } = pod.spec;
  const usesCluster = dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork);
  let base = node;
  if (dnsPolicy === 'None') base = { servers: [], searches: [], options: [] };
  else if (usesCluster && clusterDns.length > 0) {
    const namespace = pod.metadata.namespace ?? 'default';
    const searches = [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain, ...node.searches];
    base = { servers: clusterDns, searches, options: ['ndots:5'] };
  }
  return {
    servers: unique([...base.servers, ...(dnsConfig?.nameservers ?? [])]).slice(0, mostServers),
    searches: unique([...base.searches, ...(dnsConfig?.searches ?? [])]).slice(0, mostSearches),
    options: mergedOptions(base.options, dnsConfig?.options ?? []),
  };
}
const mostServers = 3;
const mostSearches = 32;

/** An option of the pod replaces one of the same name. */
function mergedOptions(
  base: readonly string[],
  own: readonly { name?: string | undefined; value?: string | undefined }[],
) {
  const all = new Map(base.map((option) => [option.split(':')[0]!, option]));
  for (const { name, value } of own) if (name) all.set(name, value === undefined ? name : `${name}:${value}`);
  return [...all.values()];
}

/** Reads a resolv.conf. */
export function parseResolvConf(text: string): DnsConfig {
  const servers: string[] = [];
  let searches: readonly string[] = [];
  let options: readonly string[] = [];
  for (const line of text.split('\n')) {
    const [word, ...values] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/);
    if (word === 'nameserver' && values[0] !== undefined) servers.push(values[0]);
    if (word === 'search' || word === 'domain') searches = values;
    if (word === 'options') options = values;
  }
  return { servers, searches, options };
}

function unique(list: readonly string[]): readonly string[] {
  return [...new Set(list)];
}
