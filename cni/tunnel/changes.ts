import { familyOf } from '#lib/ip.ts';
import { type Tunnel, tunnelId, tunnelName, tunnelPort } from './plan.ts';

/** What the kernel has. */
export interface TunnelState {
  readonly id: number;
  readonly port: number;
  readonly local: string;
  readonly isLearning: boolean;
  readonly mac: string;
  readonly mtu: number;
  readonly isUp: boolean;
  readonly addresses: readonly string[];
  /** `IP MAC` of each permanent neighbour. */
  readonly neighbours: readonly string[];
  /** `MAC IP` of each entry. */
  readonly forwards: readonly string[];
}

export interface TunnelChanges {
  /** For `ip -batch`. */
  readonly ip: readonly string[];
  /** For `bridge -batch`, afterwards. */
  readonly bridge: readonly string[];
}

/** What makes the tunnel that is there into the wanted one. New entries come first. */
export function planTunnelChanges(wanted: Tunnel | undefined, found: TunnelState | undefined): TunnelChanges {
  if (wanted === undefined) return { ip: found === undefined ? [] : [`link del ${tunnelName}`], bridge: [] };
  const isOther = found !== undefined && !isSameLink(wanted, found);
  const there = isOther ? undefined : found;
  const neighbours = wanted.peers.flatMap(({ mac, gateways }) => gateways.map((ip) => `${ip} ${mac}`));
  const forwards = wanted.peers.map(({ mac, nodeIp }) => `${mac} ${nodeIp}`);
  const lacks = (list: readonly string[] | undefined) => (one: string) => !(list ?? []).includes(one);
  const kept = new Set(neighbours.map((one) => one.split(' ')[0]));
  const keptMacs = new Set(wanted.peers.map(({ mac }) => mac));
  return {
    ip: [
      ...(isOther ? [`link del ${tunnelName}`] : []),
      ...(there === undefined ? [addLink(wanted), `link set dev ${tunnelName} addrgenmode none`] : []),
      ...(there?.mac === wanted.mac ? [] : [`link set dev ${tunnelName} address ${wanted.mac}`]),
      ...(there?.mtu === wanted.mtu ? [] : [`link set dev ${tunnelName} mtu ${wanted.mtu}`]),
      ...(there?.isUp ? [] : [`link set dev ${tunnelName} up`]),
      ...wanted.addresses.filter(lacks(there?.addresses)).map(addAddress),
      ...(there?.addresses ?? []).filter(lacks(wanted.addresses)).map((one) => `address del ${one} dev ${tunnelName}`),
      ...neighbours.filter(lacks(there?.neighbours)).map((one) => {
        const [ip, mac] = one.split(' ');
        return `neighbour replace ${ip} lladdr ${mac} dev ${tunnelName} nud permanent`;
      }),
      ...(there?.neighbours ?? [])
        .map((one) => one.split(' ')[0]!)
        .filter((ip) => !kept.has(ip))
        .map((ip) => `neighbour del ${ip} dev ${tunnelName}`),
    ],
    bridge: [
      ...forwards.filter(lacks(there?.forwards)).map((one) => {
        const [mac, ip] = one.split(' ');
        return `fdb replace ${mac} dev ${tunnelName} dst ${ip}`;
      }),
      ...(there?.forwards ?? [])
        .map((one) => one.split(' ')[0]!)
        .filter((mac) => !keptMacs.has(mac))
        .map((mac) => `fdb del ${mac} dev ${tunnelName}`),
    ],
  };
}

function isSameLink(wanted: Tunnel, found: TunnelState): boolean {
  return found.id === tunnelId && found.port === tunnelPort && found.local === wanted.local && !found.isLearning;
}

function addLink({ local }: Tunnel): string {
  return `link add ${tunnelName} type vxlan id ${tunnelId} dstport ${tunnelPort} local ${local} nolearning`;
}

function addAddress(address: string): string {
  // Nobody else can have it: there is nothing to be found out first.
  return `address replace ${address} dev ${tunnelName}${familyOf(address) === 6 ? ' nodad' : ''}`;
}
