import type { Service, ServicePort } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { type Family, familyOf, formatCidr, formatIp, parseCidr, parseIp } from '#lib/ip.ts';
import { chooseTargets, type Targets } from './endpoints.ts';

/** What a node's rules must do for one port of one Service and one address family: the same in every mode. */
export interface PortPlan {
  /** 'namespace/name:port', or 'namespace/name' where the port has no name. */
  readonly name: string;
  readonly family: Family;
  readonly protocol: Protocol;
  readonly port: number;
  readonly clusterIp: string;
  readonly externalIps: readonly string[];
  readonly loadBalancerIps: readonly string[];
  readonly nodePort: number | undefined;
  /** Who may come through a load balancer's address; undefined: everybody. */
  readonly sourceRanges: readonly string[] | undefined;
  /** How long a client stays with its target; undefined: not at all. */
  readonly affinitySeconds: number | undefined;
  readonly internalPolicy: Policy;
  readonly externalPolicy: Policy;
  readonly targets: Targets;
  /** Where load balancers ask whether this node has targets of its own. */
  readonly healthCheckNodePort: number | undefined;
}
export type Protocol = 'tcp' | 'udp' | 'sctp';
export type Policy = 'Cluster' | 'Local';

/** What a plan needs to know of its node. */
export interface NodeFacts {
  readonly nodeName: string;
  /** Label topology.kubernetes.io/zone. */
  readonly zone?: string | undefined;
}

/** What to do for `service` on this node in one family; nothing if it is not the proxy's to serve. */
export function planService(
  service: Service,
  slices: readonly EndpointSlice[],
  node: NodeFacts,
  family: Family,
): readonly PortPlan[] {
  const clusterIp = clusterIpOf(service, family);
  if (clusterIp === undefined || isForeign(service)) return [];
  const mine = slices.filter((slice) => slice.metadata.labels?.[headlessLabel] === undefined);
  return (service.spec.ports ?? []).map((port) => planPort(service, port, clusterIp, mine, node, family));
}
const headlessLabel = 'service.kubernetes.io/headless';

/** Whether the Service asked for more than its ClusterIP. */
export function isExternallyReachable(plan: Pick<PortPlan, 'nodePort' | 'loadBalancerIps' | 'externalIps'>): boolean {
  return plan.nodePort !== undefined || plan.loadBalancerIps.length > 0 || plan.externalIps.length > 0;
}

function planPort(
  service: Service,
  port: ServicePort,
  clusterIp: string,
  slices: readonly EndpointSlice[],
  node: NodeFacts,
  family: Family,
): PortPlan {
  const { spec, metadata } = service;
  const id = `${metadata.namespace}/${metadata.name}`;
  const protocol = port.protocol ?? 'TCP';
  const front = {
    nodePort: port.nodePort || undefined,
    externalIps: (spec.externalIPs ?? []).filter((ip) => familyOf(ip) === family).map(usual),
    loadBalancerIps: loadBalancerIpsOf(service, family),
    internalPolicy: spec.internalTrafficPolicy ?? 'Cluster',
    externalPolicy: spec.externalTrafficPolicy ?? 'Cluster',
  } as const;
  const isExternal = isExternallyReachable(front);
  return {
    name: port.name ? `${id}:${port.name}` : id,
    family,
    protocol: protocol.toLowerCase() as Protocol,
    port: port.port,
    clusterIp,
    ...front,
    sourceRanges: sourceRangesOf(service, family),
    affinitySeconds:
      spec.sessionAffinity === 'ClientIP'
        ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? defaultAffinitySeconds)
        : undefined,
    targets: chooseTargets(slices, {
      nodeName: node.nodeName,
      zone: node.zone,
      family,
      portName: port.name ?? '',
      protocol,
      // Even where only local targets may serve from outside, pods of this node go anywhere.
      usesCluster: front.internalPolicy === 'Cluster' || isExternal,
      usesLocal: front.internalPolicy === 'Local' || (front.externalPolicy === 'Local' && isExternal),
    }),
    healthCheckNodePort:
      spec.type === 'LoadBalancer' && front.externalPolicy === 'Local' ? spec.healthCheckNodePort : undefined,
  };
}
const defaultAffinitySeconds = 10_800;

function clusterIpOf({ spec }: Service, family: Family): string | undefined {
  if (spec.type === 'ExternalName') return undefined;
  const all = spec.clusterIPs?.length ? spec.clusterIPs : [spec.clusterIP ?? ''];
  const found = all.find((ip) => ip !== '' && ip !== 'None' && familyOf(ip) === family);
  return found === undefined ? undefined : usual(found);
}

/** Another proxy was asked to serve it. */
function isForeign({ metadata }: Service): boolean {
  return metadata.labels?.['service.kubernetes.io/service-proxy-name'] !== undefined;
}

function loadBalancerIpsOf({ spec, status }: Service, family: Family): readonly string[] {
  if (spec.type !== 'LoadBalancer') return [];
  return (status?.loadBalancer?.ingress ?? [])
    .filter((ingress) => (ingress.ipMode ?? 'VIP') === 'VIP')
    .flatMap((ingress) => (ingress.ip && familyOf(ingress.ip) === family ? [usual(ingress.ip)] : []));
}

/** Those of its family, of which each is judged by itself: where a list has none of it, nobody is kept out. Rule: kube-proxy. */
function sourceRangesOf({ spec }: Service, family: Family): readonly string[] | undefined {
  const ranges = (spec.loadBalancerSourceRanges ?? []).map((range) => range.trim());
  const mine = ranges.filter((range) => parseCidr(range)?.family === family);
  if (mine.length === 0 || mine.some((range) => range.endsWith('/0'))) return undefined;
  return [...new Set(mine.map((range) => formatCidr(parseCidr(range)!)))];
}

/** As the kernel's programs print it, so that what is there is known again. */
function usual(ip: string): string {
  const parsed = ip.includes(':') ? parseIp(ip) : undefined;
  return parsed === undefined ? ip : formatIp(parsed);
}
