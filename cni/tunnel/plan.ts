// How this node reaches the pods of nodes on other segments: a VXLAN link, and for each such node three entries: which
// frame address its range has (ARP or NDP), behind which node that frame address is (FDB), and the route.
import { familyOf, formatIp, parseCidr } from '#lib/ip.ts';
import { macOf } from '../mac.ts';
import type { Link, Neighbour, Route } from '../routes/plan.ts';

export interface TunnelFacts {
  readonly nodeIps: readonly string[];
  /** This node's own ranges. */
  readonly podCidrs: readonly string[];
  readonly links: readonly Link[];
  /** The nodes to be reached through it. */
  readonly distant: readonly Neighbour[];
}

export interface Tunnel {
  /** The node's address, which outer packets come from. */
  readonly local: string;
  readonly mac: string;
  readonly mtu: number;
  /** With the length of their prefix. What this node itself sends to far pods comes from these. */
  readonly addresses: readonly string[];
  readonly peers: readonly Peer[];
}

export interface Peer {
  readonly mac: string;
  readonly nodeIp: string;
  /** The first address of each of its ranges: the next hop to all of the range. */
  readonly gateways: readonly string[];
}

export const tunnelName = 'skiff-vxlan';
export const tunnelId = 1;
/** RFC 7348. */
export const tunnelPort = 4789;

/** Undefined where no node is far, or this one has no range yet. */
export function planTunnel({ nodeIps, podCidrs, links, distant }: TunnelFacts): Tunnel | undefined {
  const [local] = nodeIps;
  const mac = macOf('tunnel', podCidrs);
  if (local === undefined || mac === undefined || distant.length === 0) return undefined;
  const family = familyOf(local);
  const peers = distant.flatMap(({ podCidrs: ranges, internalIps }): readonly Peer[] => {
    const nodeIp = internalIps.find((ip) => familyOf(ip) === family);
    const peerMac = macOf('tunnel', ranges);
    if (nodeIp === undefined || peerMac === undefined) return [];
    return [{ mac: peerMac, nodeIp, gateways: ranges.map(firstOf) }];
  });
  const below = links.find(({ addresses }) => addresses.some((one) => one.startsWith(`${local}/`)))?.mtu ?? 1500;
  return {
    local,
    mac,
    mtu: below - (family === 4 ? 50 : 70), // outer headers: Ethernet 14, IP 20 or 40, UDP 8, VXLAN 8
    addresses: podCidrs.map((range) => `${firstOf(range)}/${familyOf(range) === 4 ? 32 : 128}`),
    peers,
  };
}

/** Routes to the ranges of far nodes. */
export function tunnelRoutes(tunnel: Tunnel | undefined, distant: readonly Neighbour[]): readonly Route[] {
  const gateways = new Set((tunnel?.peers ?? []).flatMap((peer) => peer.gateways));
  return distant
    .flatMap(({ podCidrs }) => podCidrs)
    .map(
      (range): Route => ({
        destination: range,
        kind: 'unicast',
        via: firstOf(range),
        device: tunnelName,
        isOnLink: true,
      }),
    )
    .filter(({ via }) => gateways.has(via!));
}

function firstOf(range: string): string {
  const cidr = parseCidr(range);
  return cidr === undefined ? range : formatIp({ family: cidr.family, value: cidr.base });
}
