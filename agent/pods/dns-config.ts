import type { SandboxConfig } from '#cri/config.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';

export type DnsConfig = NonNullable<SandboxConfig['dnsConfig']>;

export interface DnsFacts {
  /** Addresses of cluster DNS. */
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  /** What the node's own resolv.conf says. */
  readonly node: DnsConfig;
  /** The node was told to look up nothing. */
  readonly isOff?: boolean;
}

/** What of a pod's wish could not be: an Event tells of it. */
export interface DnsWarning {
  readonly reason: 'DNSConfigForming' | 'MissingClusterDNS';
  readonly message: string;
}

export function dnsConfigOf(pod: Pod, facts: DnsFacts): DnsConfig {
  return planDns(pod, facts).config;
}

/** What the pod's /etc/resolv.conf says. Rule: "DNS for Services and Pods", "Pod's DNS Policy". */
export function planDns(
  pod: Pod,
  { clusterDns, clusterDomain, node, isOff = false }: DnsFacts,
): { readonly config: DnsConfig; readonly warnings: readonly DnsWarning[] } {
  const { dnsPolicy = 'ClusterFirst', hostNetwork = false, dnsConfig } = pod.spec;
  const wantsCluster = dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork);
  const warnings: DnsWarning[] = [];
  let base = isOff ? nowhere : node;
  if (dnsPolicy === 'None') base = { servers: [], searches: [], options: [] };
  else if (wantsCluster && clusterDns.length > 0) {
    const namespace = pod.metadata.namespace ?? 'default';
    const domains =
      clusterDomain === '' ? [] : [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
    base = { servers: clusterDns, searches: [...domains, ...(isOff ? [] : node.searches)], options: ['ndots:5'] };
  } else if (wantsCluster) {
    const { name, namespace, uid } = pod.metadata;
    const what = 'kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy.';
    const message = `pod: "${name}_${namespace}(${uid})". ${what} Falling back to "Default" policy.`;
    warnings.push({ reason: 'MissingClusterDNS', message });
  }
  const servers = unique([...base.servers, ...(dnsConfig?.nameservers ?? [])]);
  const searches = unique([...base.searches, ...(dnsConfig?.searches ?? [])]);
  const fitting = { servers: servers.slice(0, mostServers), searches: fittingSearches(searches) };
  if (fitting.servers.length < servers.length) {
    warnings.push(exceeded('Nameserver', 'nameservers', 'nameserver', fitting.servers));
  }
  if (fitting.searches.length < searches.length) {
    warnings.push(exceeded('Search Line', 'search paths', 'search', fitting.searches));
  }
  return { config: { ...fitting, options: mergedOptions(base.options, dnsConfig?.options ?? []) }, warnings };
}
const mostServers = 3;
const mostSearches = 32;
const mostSearchBytes = 2048;
const longestDomain = 253;
/** Whoever is to ask nobody asks the machine itself, as no name server does. */
const nowhere: DnsConfig = { servers: ['127.0.0.1'], searches: ['.'], options: [] };

/** Rule: "DNS for Services and Pods", "DNS search domain list limits". */
function fittingSearches(searches: readonly string[]): readonly string[] {
  const few = searches.slice(0, mostSearches).filter(({ length }) => length <= longestDomain);
  while (few.join(' ').length > mostSearchBytes) few.pop();
  return few;
}

function exceeded(what: string, omitted: string, line: string, applied: readonly string[]): DnsWarning {
  const some = `${what} limits were exceeded, some ${omitted} have been omitted`;
  return { reason: 'DNSConfigForming', message: `${some}, the applied ${line} line is: ${applied.join(' ')}` };
}

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
    // With and without the dot at its end it is the same domain.
    if (word === 'search') searches = values.map((value) => (value === '.' ? value : value.replace(/\.$/, '')));
    if (word === 'options') options = values;
  }
  return { servers, searches, options };
}

function unique(list: readonly string[]): readonly string[] {
  return [...new Set(list)];
}
