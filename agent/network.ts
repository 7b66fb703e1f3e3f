import { existsSync } from 'node:fs';
import { createPodNetwork, removePodNetwork } from '#cni/pod-network.ts';
import type { PodNetworkMode } from '#cni/routes/plan.ts';
import type { ConfigMap, Node, Pod, Service } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import type { ServiceCIDR } from '#lib/api/types/networking.v1.ts';
import type { Informer } from '#lib/client/informer.ts';
import type { Clock } from '#lib/clock.ts';
import type { Exec } from '#lib/exec.ts';
import type { Log } from '#lib/log.ts';
import { createMetrics, type Metrics } from '#lib/metrics.ts';
import { removeDnsAddress, runDns } from './dns/dns.ts';
import type { ProxyMode } from './proxy/backend.ts';
import { areRulesRight, serveHealth, serveStatus } from './proxy/health.ts';
import { createHealthChecks } from './proxy/health-checks.ts';
import { removeRules } from './proxy/iptables/cleanup.ts';
import { removeServers } from './proxy/ipvs/cleanup.ts';
import { removeTables } from './proxy/nftables/cleanup.ts';
import { checkNft } from './proxy/nftables/program.ts';
import { createProxy } from './proxy/proxy.ts';
import { followServiceRanges } from './service-ranges.ts';
import { settledOrAborted } from './settled-or-aborted.ts';

export interface NetworkOptions {
  readonly nodeName: string;
  /** The node's InternalIPs, the primary one first. */
  readonly nodeIps: readonly string[];
  /** Range of all pods; a second one of the other family if dual stack. */
  readonly clusterCidrs: readonly string[];
  readonly serviceCidrs: readonly string[];
  /** Address of cluster DNS, such as 10.96.0.10; DNS is served here unless absent. */
  readonly clusterDns?: string | undefined;
  /** Such as 'cluster.local'. */
  readonly clusterDomain: string;
  readonly informers: NetworkInformers;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly log: Log;
  /** Where the proxy and DNS count what they do; shown by the kubelet's server. */
  readonly metrics?: Metrics;
  /** How pods of other nodes are reached: 'auto' unless told. */
  readonly podNetworkMode?: PodNetworkMode;
  /** Ids of all sandboxes that the runtime knows: what others hold of the pod network is freed. */
  sandboxIds?(signal: AbortSignal): Promise<ReadonlySet<string>>;
  /** Where the runtime looks for its network configuration: /etc/cni/net.d unless told. */
  readonly cniConfDir?: string;
  /** Where the plugins are: /usr/lib/cni or /opt/cni/bin, whichever has them, unless told. */
  readonly cniBinDir?: string;
  /** The resolver's file whose servers get what is not of the cluster: /etc/resolv.conf unless told. */
  readonly resolvConf?: string;
  /** How Services get into the kernel: 'iptables' unless told. */
  readonly proxyMode?: ProxyMode;
  /** `primary`, or ranges of this node's addresses at which node ports answer; all unless told. */
  readonly nodePortAddresses?: readonly string[] | undefined;
  /** Whether node ports answer at 127.0.0.1, too: in iptables mode alone. */
  readonly isLocalhostServed?: boolean | undefined;
  /** Where /healthz and /livez of the proxy listen: '0.0.0.0:10256' unless told, '' for nowhere. */
  readonly proxyHealthAddress?: string;
  /** Called when `status()` has changed. */
  onStatus?(status: NetworkStatus): void;
}

export interface NetworkInformers {
  readonly nodes: Informer<Node>;
  readonly services: Informer<Service>;
  /** All of the cluster. */
  readonly endpointSlices: Informer<EndpointSlice>;
  /** Ranges of Services beyond those that the node was told. */
  readonly serviceCidrs?: Informer<ServiceCIDR>;
  /** ConfigMap kube-system/kube-dns: DNS's further resolvers. */
  readonly dnsSettings?: Informer<ConfigMap>;
  /** This node's pods; not needed yet: network policy will want them. */
  readonly pods?: Informer<Pod>;
}

/** Whether pods can have a network on this node; goes into the node's Ready condition, beside what the runtime says. */
export interface NetworkStatus {
  readonly isReady: boolean;
  /** Why not: words for people. Empty if ready. */
  readonly message: string;
}

export interface Network {
  status(): NetworkStatus;
  /** Settles when all has ended after the abort. Rules, routes and the conflist stay: pods live on. */
  readonly done: Promise<void>;
}

/**
 * Brings up and keeps pod network, Service rules and DNS of this node until `signal` is aborted.
 * The informers are run by the caller; no rule or route is written before they have synced.
 */
export function startNetwork(options: NetworkOptions, signal: AbortSignal): Network {
  const { informers, clock, clusterCidrs, clusterDns } = options;
  const serviceRanges = followServiceRanges(options.serviceCidrs, informers.serviceCidrs);
  const log = options.log.with({ part: 'network' });
  const metrics = options.metrics ?? createMetrics();
  const confDir = options.cniConfDir ?? defaultConfDir;
  // A node whose agent starts anew has had a network all along: it must not be called unready meanwhile.
  let problem: string | undefined = existsSync(`${confDir}/10-skiff.conflist`)
    ? undefined
    : 'the pod network is not up yet';
  const status = (): NetworkStatus => ({ isReady: problem === undefined, message: problem ?? '' });
  if (options.proxyMode === 'nftables') checkNft();
  const common = { ...options, log, metrics, serviceCidrs: serviceRanges.list };
  const proxy = createProxy({
    ...common,
    mode: options.proxyMode ?? 'iptables',
    ownAddresses: clusterDns === undefined ? [] : [clusterDns],
  });
  const healthChecks = createHealthChecks(() => areRulesRight(proxy.health(), clock.now()), log);
  proxy.onApplied((keys) => {
    for (const key of keys) healthChecks.update(key, proxy.plansOf(key));
  });

  const podNetwork = createPodNetwork({
    ...common,
    mode: options.podNetworkMode ?? 'auto',
    nodes: informers.nodes,
    confDir,
    binDir: options.cniBinDir ?? findBinDir(),
    onFar: proxy.setFarNodes,
    onProblem(now) {
      if (now === problem) return;
      problem = now;
      options.onStatus?.(status());
    },
  });
  serviceRanges.onChange(podNetwork.wake);
  serviceRanges.onChange(proxy.setRanges);
  const parts: Promise<unknown>[] = [
    proxy.run(signal),
    settledOrAborted(informers.nodes.synced, signal).then(() => podNetwork.run(signal)),
  ];
  if (clusterDns !== undefined) {
    parts.push(
      runDns(
        {
          ...common,
          address: clusterDns,
          domain: options.clusterDomain,
          ownRanges: [...clusterCidrs, ...options.serviceCidrs],
          resolvConf: options.resolvConf ?? '/etc/resolv.conf',
          settings: informers.dnsSettings,
        },
        signal,
      ),
    );
  }
  const healthAddress = options.proxyHealthAddress ?? '0.0.0.0:10256';
  if (healthAddress !== '') {
    const isNodeEligible = () => mayServe(informers.nodes.get(options.nodeName));
    const health = proxy.health;
    parts.push(serveHealth({ address: healthAddress, health, isNodeEligible, metrics, clock, log }, signal));
    const mode = options.proxyMode ?? 'iptables';
    parts.push(serveStatus({ address: statusAddress, mode, metrics, log }, signal));
  }
  return { status, done: end(parts, log, signal).finally(() => healthChecks.close()) };
}
const defaultConfDir = '/etc/cni/net.d';
const statusAddress = '127.0.0.1:10249';

/** Takes away all that a node's network ever made: rules, routes, links, the conflist. May be repeated; needs nothing running. */
export async function removeNetwork(
  options: { readonly exec: Exec; readonly cniConfDir?: string; readonly clusterDns?: string | undefined },
  signal: AbortSignal,
): Promise<void> {
  const { exec, cniConfDir = defaultConfDir, clusterDns } = options;
  await removeRules(exec, signal);
  await removeTables(exec, signal);
  await removeServers(exec, signal);
  await removePodNetwork({ confDir: cniConfDir, exec }, signal);
  if (clusterDns !== undefined) await removeDnsAddress(clusterDns, exec, signal);
}

function findBinDir(): string {
  const dirs = ['/usr/lib/cni', '/opt/cni/bin', '/usr/libexec/cni'];
  return dirs.find((dir) => existsSync(`${dir}/bridge`)) ?? dirs[0]!;
}

/** Not a node that is being deleted, or that the autoscaler is about to. */
function mayServe(node: Node | undefined): boolean {
  if (node === undefined) return true;
  const isLeaving = (node.spec?.taints ?? []).some(({ key }) => key === 'ToBeDeletedByClusterAutoscaler');
  return !isLeaving && node.metadata.deletionTimestamp === undefined;
}

/** Waits for all parts. Each tries again by itself; one that fails all the same does not end the others. */
async function end(parts: readonly Promise<unknown>[], log: Log, signal: AbortSignal): Promise<void> {
  const told = (error: unknown) => {
    if (!signal.aborted) log.error('A part of the network has ended', { err: error });
  };
  await Promise.all(parts.map((part) => part.catch(told)));
}
