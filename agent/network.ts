import type { Node, Pod, Service } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import type { Informer } from '#lib/client/informer.ts';
import type { Clock } from '#lib/clock.ts';
import type { Exec } from '#lib/exec.ts';
import type { Log } from '#lib/log.ts';

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
  /** Where the runtime looks for its network configuration: /etc/cni/net.d unless told. */
  readonly cniConfDir?: string;
  /** Where the plugins are: /usr/lib/cni or /opt/cni/bin, whichever has them, unless told. */
  readonly cniBinDir?: string;
  /** The resolver's file whose servers get what is not of the cluster: /etc/resolv.conf unless told. */
  readonly resolvConf?: string;
  /** Where /healthz, /livez and /metrics of the proxy listen: '0.0.0.0:10256' unless told, '' for nowhere. */
  readonly proxyHealthAddress?: string;
  /** Called when `status()` has changed. */
  onStatus?(status: NetworkStatus): void;
}

export interface NetworkInformers {
  readonly nodes: Informer<Node>;
  readonly services: Informer<Service>;
  /** All of the cluster. */
  readonly endpointSlices: Informer<EndpointSlice>;
  /** This node's pods; not needed yet: network policy will want them. */
  readonly pods?: Informer<Pod>;
}

/** Whether pods can have a network on this node; goes into the node's Ready condition, beside what the runtime says. */
export interface NetworkStatus {
  readonly isReady: boolean;
  /** Why not: a sentence for people. Empty if ready. */
  readonly message: string;
}

export interface Network {
  status(): NetworkStatus;
  /** Settles when all has ended after the abort. Rules, routes and the conflist stay: pods live on. */
  readonly done: Promise<void>;
}

/**
 * Brings up and keeps pod network, Service rules and DNS of this node until `signal` is aborted.
 * The informers are run by the caller; nothing is written before they have synced.
 */
export function startNetwork(_options: NetworkOptions, _signal: AbortSignal): Network {
  return { status: () => ({ isReady: true, message: '' }), done: Promise.resolve() };
}

/** Takes away all that a node's network ever made: rules, routes, links, the conflist. May be repeated; needs nothing running. */
export async function removeNetwork(
  _options: { readonly exec: Exec; readonly log: Log; readonly cniConfDir?: string; readonly clusterDns?: string },
  _signal: AbortSignal,
): Promise<void> {}
