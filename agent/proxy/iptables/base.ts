// What the node itself wants, whatever Services there are.
import type { Family } from '#lib/ip.ts';
import { type Chains, comment, type Jump, type Rule, reject } from './rules.ts';

export interface BaseFacts {
  readonly family: Family;
  readonly serviceCidrs: readonly string[];
  readonly clusterCidr: string | undefined;
  /** This node's own pods. */
  readonly podCidr: string | undefined;
  /** Nodes' addresses: pods reach them under their own address. */
  readonly nodeIps: readonly string[];
  /** Ranges of this node's addresses at which node ports answer; absent: all but loopback. */
  readonly nodePortRanges?: readonly string[] | undefined;
  /** Whether node ports answer at 127.0.0.1, too: in iptables mode. */
  readonly isLocalhostServed?: boolean | undefined;
}

/** The bit that says: give it this node's address before it leaves. */
export const masqueradeMark = '0x4000';

/** The ways in from the kernel's own chains. */
export function planJumps(family: Family): readonly Jump[] {
  const portals = `-m conntrack --ctstate NEW ${comment('kubernetes service portals')} -j KUBE-SERVICES`;
  const outer = `-m conntrack --ctstate NEW ${comment('kubernetes externally-visible service portals')} -j KUBE-EXTERNAL-SERVICES`;
  const firewall = `-m conntrack --ctstate NEW ${comment('kubernetes load balancer firewall')} -j KUBE-PROXY-FIREWALL`;
  const range = `${comment('kubernetes service range')} -j KUBE-CLUSTER-IPS`;
  const localnet: Jump = {
    table: 'filter',
    from: 'INPUT',
    rule: `${comment('loopback from elsewhere')} -j ${localnetChain}`,
  };
  return [
    ...(family === 4 ? [localnet] : []),
    { table: 'filter', from: 'INPUT', rule: `${comment('kubernetes health check service ports')} -j KUBE-NODEPORTS` },
    { table: 'filter', from: 'INPUT', rule: outer },
    { table: 'filter', from: 'INPUT', rule: firewall },
    { table: 'filter', from: 'FORWARD', rule: `${comment('kubernetes forwarding rules')} -j KUBE-FORWARD` },
    { table: 'filter', from: 'FORWARD', rule: portals },
    { table: 'filter', from: 'FORWARD', rule: outer },
    { table: 'filter', from: 'FORWARD', rule: firewall },
    { table: 'filter', from: 'FORWARD', rule: range },
    { table: 'filter', from: 'FORWARD', rule: `${comment('pod traffic')} -j SKIFF-FORWARD`, isLast: true },
    { table: 'filter', from: 'OUTPUT', rule: portals },
    { table: 'filter', from: 'OUTPUT', rule: firewall },
    { table: 'filter', from: 'OUTPUT', rule: range },
    { table: 'nat', from: 'PREROUTING', rule: `${comment('kubernetes service portals')} -j KUBE-SERVICES` },
    { table: 'nat', from: 'OUTPUT', rule: `${comment('kubernetes service portals')} -j KUBE-SERVICES` },
    { table: 'nat', from: 'POSTROUTING', rule: `${comment('kubernetes postrouting rules')} -j KUBE-POSTROUTING` },
    { table: 'nat', from: 'POSTROUTING', rule: `${comment('masquerade what leaves')} -j SKIFF-MASQ`, isLast: true },
  ];
}

const localnetChain = 'SKIFF-LOCALNET';

/** All shared chains, with the rules of them that stand behind those of the Services. */
export function planBase(facts: BaseFacts): Chains {
  const local = facts.nodePortRanges?.map((range) => `-d ${range} `) ?? [exceptLoopback(facts)];
  const last = comment('kubernetes service nodeports; NOTE: this must be the last rule in this chain');
  return new Map([
    ['filter KUBE-SERVICES', []],
    ['filter KUBE-EXTERNAL-SERVICES', []],
    ['filter KUBE-NODEPORTS', []],
    ['filter KUBE-PROXY-FIREWALL', []],
    ...(facts.family === 4 ? [[`filter ${localnetChain}`, localnet] as [string, readonly Rule[]]] : []),
    ['filter KUBE-CLUSTER-IPS', facts.serviceCidrs.flatMap((cidr) => guard(cidr, facts.family))],
    ['filter KUBE-FORWARD', forward],
    ['filter SKIFF-FORWARD', facts.clusterCidr === undefined ? [] : podTraffic(facts.clusterCidr)],
    ['filter KUBE-PROXY-CANARY', canary],
    ['nat KUBE-PROXY-CANARY', canary],
    ['nat KUBE-NODEPORTS', []],
    ['nat KUBE-SERVICES', local.map((to) => `${to}${last} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`)],
    ['nat KUBE-MARK-MASQ', [`-j MARK --set-xmark ${masqueradeMark}/${masqueradeMark}`]],
    ['nat KUBE-POSTROUTING', postrouting],
    ['nat SKIFF-MASQ', planMasquerade(facts)],
  ] satisfies [string, readonly Rule[]][] as never);
}

/** At 127.0.0.1 they need route_localnet, see `serveLocalhost`; at ::1 the kernel has no such thing. */
function exceptLoopback({ family, isLocalhostServed }: BaseFacts): string {
  if (family === 6) return '! -d ::1/128 ';
  return isLocalhostServed ? '' : '! -d 127.0.0.0/8 ';
}

/** Where route_localnet is set, be it by others, neighbours could reach what listens at 127.0.0.1. Rule: kubelet, KUBE-FIREWALL. */
const localnet: readonly Rule[] = [
  `! -s 127.0.0.0/8 -d 127.0.0.0/8 ${comment('block incoming localnet connections')} -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP`,
];

const postrouting: readonly Rule[] = [
  `-m mark ! --mark ${masqueradeMark}/${masqueradeMark} -j RETURN`,
  // Cleared, so that a packet that comes by twice (through a tunnel) is not translated again.
  `-j MARK --set-xmark ${masqueradeMark}/0x0`,
  `${comment('kubernetes service traffic requiring SNAT')} -j MASQUERADE --random-fully`,
];

const forward: readonly Rule[] = [
  // Such a packet would pass untranslated, and its sender be answered by a reset. Source: kubernetes/kubernetes#74839.
  '-m conntrack --ctstate INVALID -j DROP',
  `${comment('kubernetes forwarding rules')} -m mark --mark ${masqueradeMark}/${masqueradeMark} -j ACCEPT`,
  `${comment('kubernetes forwarding conntrack rule')} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
];

/** Never jumped to: its rule is gone when somebody flushed the table. */
export const canary: readonly Rule[] = [comment('gone when rules were flushed')];

/** What was translated no longer has such an address; what was not must not leave. Cluster DNS on this node is local. */
function guard(cidr: string, family: Family): readonly Rule[] {
  const untranslated = `${comment('no such service')} -m addrtype ! --dst-type LOCAL`;
  return [
    `-d ${cidr} -p tcp ${untranslated} -j ${reject(family, 'tcp')}`,
    `-d ${cidr} ${untranslated} -j ${reject(family)}`,
  ];
}

/** For hosts whose FORWARD policy is DROP. */
function podTraffic(cidr: string): readonly Rule[] {
  return [`-s ${cidr} ${comment('from pods')} -j ACCEPT`, `-d ${cidr} ${comment('to pods')} -j ACCEPT`];
}

/** Pods keep their address among pods and nodes; anywhere else they have this node's. */
function planMasquerade({ family, podCidr, clusterCidr, nodeIps }: BaseFacts): readonly Rule[] {
  if (podCidr === undefined) return [];
  const multicast = family === 4 ? '224.0.0.0/4' : 'ff00::/8';
  const kept = [clusterCidr, multicast, ...nodeIps.map((ip) => `${ip}/${family === 4 ? 32 : 128}`)];
  return [
    `! -s ${podCidr} ${comment('not from our pods')} -j RETURN`,
    ...kept.flatMap((cidr) => (cidr === undefined ? [] : [`-d ${cidr} ${comment('stays in the cluster')} -j RETURN`])),
    `${comment('leaves the cluster')} -j MASQUERADE --random-fully`,
  ];
}
