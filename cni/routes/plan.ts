import { contains, type Family, familyOf, formatCidr, parseCidr, parseIp } from '#lib/ip.ts';

/** A route that is ours, in the words of `ip route`. */
export interface Route {
  readonly destination: string;
  readonly kind: 'unicast' | 'unreachable';
  readonly via?: string;
  readonly device?: string;
  readonly source?: string;
  /** The next hop is behind the device, whatever the device's own addresses say. */
  readonly isOnLink?: boolean;
}

/** How pods of other nodes are reached: by routes on the same segment and a tunnel else, or all by one of both. */
export type PodNetworkMode = 'auto' | 'routes' | 'vxlan';

export interface RouteFacts {
  readonly mode: PodNetworkMode;
  readonly nodeName: string;
  readonly nodeIps: readonly string[];
  readonly clusterCidrs: readonly string[];
  readonly serviceCidrs: readonly string[];
  readonly nodes: readonly Neighbour[];
  readonly links: readonly Link[];
}

export interface Neighbour {
  readonly name: string;
  readonly podCidrs: readonly string[];
  readonly internalIps: readonly string[];
}

export interface Link {
  readonly name: string;
  readonly mtu: number;
  /** With the length of their prefix: '172.18.0.2/16'. */
  readonly addresses: readonly string[];
  /** The bridge that it is a port of. */
  readonly master?: string | undefined;
}

export interface WantedRoutes {
  readonly routes: readonly Route[];
  /** Nodes on no segment of ours: a tunnel's to reach. */
  readonly distant: readonly Neighbour[];
}

/**
 * Which routes this node needs.
 *
 * Pods of a node on the same segment are reached through that node. What of the cluster's ranges has no better route goes nowhere:
 * it must not leave by the default route. Service addresses get a local one, so that a process of the node that connects to one
 * passes the rules that translate it, default route or not.
 */
export function wantedRoutes(facts: RouteFacts): WantedRoutes {
  const others = facts.nodes.filter((node) => node.name !== facts.nodeName && node.podCidrs.length > 0);
  const distant: Neighbour[] = [];
  const routes: Route[] = [];
  for (const node of others) {
    const reached = facts.mode === 'vxlan' ? [] : node.podCidrs.flatMap((cidr) => routeTo(cidr, node, facts) ?? []);
    const isNear = reached.length === node.podCidrs.length;
    if (isNear || facts.mode === 'routes') routes.push(...reached);
    if (!isNear) distant.push(node);
  }
  for (const destination of facts.clusterCidrs) routes.push({ destination: tidy(destination), kind: 'unreachable' });
  for (const destination of facts.serviceCidrs) {
    const source = facts.nodeIps.find((ip) => familyOf(ip) === familyOf(destination));
    if (source !== undefined) routes.push({ destination: tidy(destination), kind: 'unicast', device: 'lo', source });
  }
  return { routes, distant };
}

function routeTo(cidr: string, node: Neighbour, { links, nodeIps }: RouteFacts): Route | undefined {
  const family = familyOf(cidr);
  const via = node.internalIps.find((ip) => familyOf(ip) === family);
  if (via === undefined || nodeIps.includes(via)) return undefined;
  const ip = parseIp(via);
  const link = links.find(({ addresses }) =>
    addresses.some((address) => {
      const segment = parseCidr(address);
      return ip !== undefined && segment !== undefined && contains(segment, ip);
    }),
  );
  return link && { destination: tidy(cidr), kind: 'unicast', via, device: link.name };
}

function tidy(cidr: string): string {
  const range = parseCidr(cidr);
  return range === undefined ? cidr : formatCidr(range);
}

/** Lines for `ip -batch` that make the routes `there` into `wanted`: new ones first, so that nothing is without a route between. */
export function planRoutes(wanted: readonly Route[], there: readonly Route[], family: Family): readonly string[] {
  const mine = wanted.filter(({ destination }) => familyOf(destination) === family);
  const known = new Set(there.map(render));
  const kept = new Set(mine.map(({ destination }) => destination));
  return [
    ...mine.filter((route) => !known.has(render(route))).map((route) => `route replace ${render(route)}`),
    ...there.filter(({ destination }) => !kept.has(destination)).map((route) => `route del ${render(route)}`),
  ];
}

function render({ destination, kind, via, device, source, isOnLink }: Route): string {
  const words = [
    kind === 'unreachable' ? `unreachable ${destination}` : destination,
    via === undefined ? '' : `via ${via}`,
    device === undefined ? '' : `dev ${device}`,
    source === undefined ? '' : `src ${source}`,
    isOnLink ? 'onlink' : '',
    `proto ${routeProtocol}`,
  ];
  return words.filter((word) => word !== '').join(' ');
}

/** Marks our routes, so that ours are found and others left alone. A number that iproute2 gives no name. */
export const routeProtocol = 75;
