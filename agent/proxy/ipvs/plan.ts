// From what one Service needs to virtual servers, their real servers, the addresses that must be this node's, and members of sets.
import { type Family, widthOf } from '#lib/ip.ts';
import type { Target } from '../endpoints.ts';
import type { RuleFacts } from '../iptables/plan.ts';
import type { Objects } from '../nftables/objects.ts';
import { isExternallyReachable, type PortPlan } from '../plan.ts';
import { type SetKind, setName } from './sets.ts';

export interface ServerFacts extends RuleFacts {
  /** This node's addresses at which node ports are served. */
  readonly nodePortIps: readonly string[];
}

/**
 * Objects by id: 'address IP', 'server tcp IP:PORT' with the options that ipvsadm takes, 'real tcp IP:PORT TARGET' likewise,
 * 'member SET MEMBER'.
 */
export function planServers(ports: readonly PortPlan[], facts: ServerFacts): Objects {
  const objects = new Map<string, string>();
  for (const port of ports) {
    if (!port.targets.hasAny && facts.ownAddresses.has(port.clusterIp)) continue;
    addPort(port, facts, objects);
  }
  return objects;
}

type Sink = Map<string, string>;

function addPort(port: PortPlan, facts: ServerFacts, objects: Sink): void {
  const { protocol, targets, clusterIp, nodePort } = port;
  const inner = port.internalPolicy === 'Local' ? targets.local : targets.cluster;
  addServer(objects, port, clusterIp, port.port, inner);
  own(objects, port, clusterIp);
  member(objects, port, 'CLUSTER-IP', `${clusterIp},${protocol}:${port.port}`);
  if (isExternallyReachable(port)) {
    const isLocal = port.externalPolicy === 'Local';
    const outer = isLocal ? targets.local : targets.cluster;
    for (const ip of new Set([...port.externalIps, ...port.loadBalancerIps])) {
      addServer(objects, port, ip, port.port, outer);
      own(objects, port, ip);
      member(objects, port, isLocal ? 'EXTERNAL-LOCAL' : 'EXTERNAL', `${ip},${protocol}:${port.port}`);
    }
    if (nodePort !== undefined) {
      for (const ip of facts.nodePortIps) addServer(objects, port, ip, nodePort, outer);
      const kind = `NODE-PORT-${protocol.toUpperCase() as 'TCP' | 'UDP' | 'SCTP'}` as const;
      if (!isLocal) member(objects, port, kind, `${nodePort}`);
    }
    addFirewall(objects, port);
  }
  if (port.healthCheckNodePort !== undefined) member(objects, port, 'HEALTH-CHECK', `${port.healthCheckNodePort}`);
  for (const { address, port: number } of [...targets.cluster, ...targets.local]) {
    member(objects, port, 'LOOP-BACK', `${address},${protocol}:${number},${address}`);
  }
}

/** Without a target it stands all the same: the kernel then refuses, and nothing of the node itself answers. */
function addServer(objects: Sink, port: PortPlan, ip: string, number: number, targets: readonly Target[]): void {
  const at = `${port.protocol} ${endOf(ip, number)}`;
  const persistence = port.affinitySeconds === undefined ? '' : ` -p ${port.affinitySeconds}`;
  objects.set(`server ${at}`, `-s rr${persistence}`);
  if (targets.length === 0 && port.targets.hasAny)
    member(objects, port, 'NO-LOCAL', `${ip},${port.protocol}:${number}`);
  for (const { address, port: to } of targets) objects.set(`real ${at} ${endOf(address, to)}`, '-m -w 1');
}

/** The kernel hands to virtual servers only what is addressed to the node itself. */
function own(objects: Sink, port: PortPlan, ip: string): void {
  objects.set(`address ${ip}`, '');
  member(objects, port, 'ADDRESSES', ip);
}

function addFirewall(objects: Sink, port: PortPlan): void {
  const { protocol, sourceRanges, loadBalancerIps, targets } = port;
  if (sourceRanges === undefined || !targets.hasAny) return;
  for (const ip of loadBalancerIps) {
    const front = `${ip},${protocol}:${port.port}`;
    member(objects, port, 'FIREWALL', front);
    // A load balancer that asks from its own address may always: it checks who comes itself.
    for (const source of [...sourceRanges, ...loadBalancerIps])
      member(objects, port, 'FIREWALL-SOURCE', `${front},${asPrinted(source, port.family)}`);
  }
}

/** Of the range of one address ipset prints the address alone. */
function asPrinted(range: string, family: Family): string {
  const whole = `/${widthOf(family)}`;
  return range.endsWith(whole) ? range.slice(0, -whole.length) : range;
}

function member(objects: Sink, { family }: PortPlan, kind: SetKind, text: string): void {
  objects.set(`member ${setName(kind, family)} ${text}`, '');
}

export function endOf(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}
