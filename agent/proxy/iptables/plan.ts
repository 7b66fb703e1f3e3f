// From what one Service needs to the rules that do it. The same semantics and names as kube-proxy's iptables mode;
// where two packets could take different ways the comment says which Kubernetes rule decides. Rules that lead to a Service say its
// name; those within its chains say nothing: with each change the kernel goes through all of them, and comments are half of that.
import type { Target } from '../endpoints.ts';
import { isExternallyReachable, type PortPlan } from '../plan.ts';
import { portChain, targetChain } from './names.ts';
import { ChainsBuilder, type Contribution, comment, type Rule, reject } from './rules.ts';

export interface RuleFacts {
  /** Range of all pods, in the plan's family: who is within is not masqueraded. */
  readonly clusterCidr: string | undefined;
  /** Addresses that this node answers itself (cluster DNS): left alone until somebody else has endpoints for them. */
  readonly ownAddresses: ReadonlySet<string>;
}

/** The rules for all ports of one Service. */
export function planRules(ports: readonly PortPlan[], facts: RuleFacts): Contribution {
  const own = new ChainsBuilder();
  const shared = new ChainsBuilder();
  for (const port of ports) {
    if (!port.targets.hasAny && facts.ownAddresses.has(port.clusterIp)) continue;
    addPort(port, facts, own, shared);
  }
  return { own: own.chains, shared: shared.chains };
}

function addPort(port: PortPlan, facts: RuleFacts, own: ChainsBuilder, shared: ChainsBuilder): void {
  const way = waysOf(port);
  if (way.refusal.internal === undefined) shared.add('nat KUBE-SERVICES', toClusterIp(port, way.internalChain));
  else addRefusal(port, way.refusal.internal, shared);
  if (isExternallyReachable(port)) addExternal(port, way, own, shared, facts);
  if (port.healthCheckNodePort !== undefined) shared.add('filter KUBE-NODEPORTS', acceptHealthCheck(port));
  if (!port.targets.hasAny) return;

  const uses = chainsInUse(port, way);
  if (uses.cluster) addBalancer(own, way.clusterChain, port, port.targets.cluster, way, facts);
  if (uses.local) addBalancer(own, way.localChain, port, port.targets.local, way, facts);
  const targets = new Map<string, Target>();
  for (const target of uses.cluster ? port.targets.cluster : []) targets.set(endOf(target), target);
  for (const target of uses.local ? port.targets.local : []) targets.set(endOf(target), target);
  for (const target of targets.values()) addTarget(own, port, target);
}

interface Ways {
  readonly clusterChain: string;
  readonly localChain: string;
  readonly internalChain: string;
  readonly externalChain: string;
  /** From outside, whatever the policy: decides on masquerading and shortcuts. */
  readonly entryChain: string;
  readonly firewallChain: string | undefined;
  readonly refusal: { readonly internal: Refusal | undefined; readonly external: Refusal | undefined };
}

/** REJECT where no node has a target; DROP where another one may have: a load balancer then tries that one. */
interface Refusal {
  readonly target: 'REJECT' | 'DROP';
  readonly why: string;
}

function waysOf(port: PortPlan): Ways {
  const { name, protocol, targets } = port;
  const clusterChain = portChain('KUBE-SVC-', name, protocol);
  const localChain = portChain('KUBE-SVL-', name, protocol);
  const refusalUnder = (policy: PortPlan['internalPolicy']): Refusal | undefined => {
    if (!targets.hasAny) return { target: 'REJECT', why: 'has no endpoints' };
    const chosen = policy === 'Local' ? targets.local : targets.cluster;
    return chosen.length > 0 ? undefined : { target: 'DROP', why: 'has no local endpoints' };
  };
  const hasFirewall = port.sourceRanges !== undefined && port.loadBalancerIps.length > 0 && targets.hasAny;
  return {
    clusterChain,
    localChain,
    internalChain: port.internalPolicy === 'Local' ? localChain : clusterChain,
    externalChain: port.externalPolicy === 'Local' ? localChain : clusterChain,
    entryChain: portChain('KUBE-EXT-', name, protocol),
    firewallChain: hasFirewall ? portChain('KUBE-FW-', name, protocol) : undefined,
    refusal: { internal: refusalUnder(port.internalPolicy), external: refusalUnder(port.externalPolicy) },
  };
}

function chainsInUse(port: PortPlan, way: Ways): { readonly cluster: boolean; readonly local: boolean } {
  const isExternal = isExternallyReachable(port);
  return {
    cluster: port.targets.cluster.length > 0 && (way.internalChain === way.clusterChain || isExternal),
    local:
      port.targets.local.length > 0 &&
      (way.internalChain === way.localChain || (isExternal && way.externalChain === way.localChain)),
  };
}

function addExternal(port: PortPlan, way: Ways, own: ChainsBuilder, shared: ChainsBuilder, facts: RuleFacts): void {
  const { name, protocol, targets, nodePort } = port;
  const fronts = [
    ...port.externalIps.map((ip) => ({ ip, kind: 'external IP', chain: way.entryChain })),
    ...port.loadBalancerIps.map((ip) => ({ ip, kind: 'loadbalancer IP', chain: way.firewallChain ?? way.entryChain })),
  ];
  for (const { ip, kind, chain } of targets.hasAny ? fronts : []) {
    shared.add('nat KUBE-SERVICES', `${at(port, ip, `${name} ${kind}`)} -j ${chain}`);
  }
  if (nodePort !== undefined && targets.hasAny) {
    shared.add(
      'nat KUBE-NODEPORTS',
      `-p ${protocol} ${comment(name)} -m ${protocol} --dport ${nodePort} -j ${way.entryChain}`,
    );
  }
  const refusal = way.refusal.external;
  if (refusal !== undefined) {
    const text = `${name} ${refusal.why}`;
    for (const { ip } of fronts) shared.add('filter KUBE-EXTERNAL-SERVICES', refuse(port, refusal, at(port, ip, text)));
    if (nodePort !== undefined) {
      const matched = `-p ${protocol} ${comment(text)} -m addrtype --dst-type LOCAL -m ${protocol} --dport ${nodePort}`;
      shared.add('filter KUBE-EXTERNAL-SERVICES', refuse(port, refusal, matched));
    }
  }
  if (!targets.hasAny) return;
  own.add(`nat ${way.entryChain}`, ...entryRules(port, way, facts));
  if (way.firewallChain !== undefined) addFirewall(port, way, way.firewallChain, own, shared);
}

/** Under Local what comes from outside keeps its source; what starts here goes as if the policy were Cluster. */
function entryRules(port: PortPlan, way: Ways, { clusterCidr }: RuleFacts): readonly Rule[] {
  const { name } = port;
  if (port.externalPolicy === 'Cluster') {
    return [
      `${comment(`masquerade traffic for ${name} external destinations`)} -j KUBE-MARK-MASQ`,
      `-j ${way.clusterChain}`,
    ];
  }
  const rules: Rule[] = [];
  if (port.targets.cluster.length > 0) {
    if (clusterCidr !== undefined) {
      rules.push(
        `-s ${clusterCidr} ${comment(`pod traffic for ${name} external destinations`)} -j ${way.clusterChain}`,
      );
    }
    rules.push(
      `${comment(`masquerade LOCAL traffic for ${name} external destinations`)} -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`,
      `${comment(`route LOCAL traffic for ${name} external destinations`)} -m addrtype --src-type LOCAL -j ${way.clusterChain}`,
    );
  }
  if (port.targets.local.length > 0) rules.push(`-j ${way.localChain}`);
  return rules;
}

/** Who is not in the ranges is not translated, and dropped in the filter table, which sees what was not translated. */
function addFirewall(port: PortPlan, way: Ways, chain: string, own: ChainsBuilder, shared: ChainsBuilder): void {
  const allowed = comment(`${port.name} loadbalancer IP`);
  const ranges = port.sourceRanges ?? [];
  own.add(`nat ${chain}`, ...ranges.map((range) => `-s ${range} ${allowed} -j ${way.entryChain}`));
  for (const ip of port.loadBalancerIps) {
    // A node that asks its own balancer's address comes from that address once it is local.
    own.add(`nat ${chain}`, `-s ${host(ip)} ${allowed} -j ${way.entryChain}`);
    shared.add(
      'filter KUBE-PROXY-FIREWALL',
      `${at(port, ip, `${port.name} traffic not accepted by ${chain}`)} -j DROP`,
    );
  }
}

function addBalancer(
  own: ChainsBuilder,
  chain: string,
  port: PortPlan,
  targets: readonly Target[],
  way: Ways,
  { clusterCidr }: RuleFacts,
): void {
  const id = `nat ${chain}` as const;
  if (chain === way.internalChain && clusterCidr !== undefined) {
    own.add(id, `! -s ${clusterCidr} ${at(port, port.clusterIp)} -j KUBE-MARK-MASQ`);
  }
  const seconds = port.affinitySeconds;
  for (const target of seconds === undefined ? [] : targets) {
    const to = targetChain(port.name, port.protocol, endOf(target));
    own.add(id, `-m recent --rcheck --seconds ${seconds} --reap ${recentTail(port, to)} -j ${to}`);
  }
  targets.forEach((target, index) => {
    const left = targets.length - index;
    const odds = left === 1 ? '' : `-m statistic --mode random --probability ${probability(left)} `;
    own.add(id, `${odds}-j ${targetChain(port.name, port.protocol, endOf(target))}`);
  });
}

function addTarget(own: ChainsBuilder, port: PortPlan, target: Target): void {
  const { name, protocol, affinitySeconds } = port;
  const chain = targetChain(name, protocol, endOf(target));
  const recent = affinitySeconds === undefined ? '' : ` -m recent --set ${recentTail(port, chain)}`;
  own.add(
    `nat ${chain}`,
    // A pod that reaches itself through its Service must see another source, or its answer would not come back here.
    `-s ${host(target.address)} -j KUBE-MARK-MASQ`,
    `-p ${protocol}${recent} -j DNAT --to-destination ${endOf(target)}`,
  );
}

function toClusterIp(port: PortPlan, chain: string): Rule {
  return `${at(port, port.clusterIp, `${port.name} cluster IP`)} -j ${chain}`;
}

function addRefusal(port: PortPlan, refusal: Refusal, shared: ChainsBuilder): void {
  const matched = at(port, port.clusterIp, `${port.name} ${refusal.why}`);
  shared.add('filter KUBE-SERVICES', refuse(port, refusal, matched));
}

function acceptHealthCheck(port: PortPlan): Rule {
  const text = comment(`${port.name} health check node port`);
  return `-p tcp ${text} -m tcp --dport ${port.healthCheckNodePort} -j ACCEPT`;
}

function refuse(port: PortPlan, refusal: Refusal, matched: string): Rule {
  return `${matched} -j ${refusal.target === 'REJECT' ? reject(port.family, port.protocol) : 'DROP'}`;
}

/** Matches packets to `ip` at the port. */
function at(port: PortPlan, ip: string, text?: string): string {
  const said = text === undefined ? '' : `${comment(text)} `;
  return `-d ${host(ip)} -p ${port.protocol} ${said}-m ${port.protocol} --dport ${port.port}`;
}

function recentTail({ family }: PortPlan, list: string): string {
  const mask = family === 4 ? '255.255.255.255' : 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
  return `--name ${list} --mask ${mask} --rsource`;
}

function endOf({ address, port }: Target): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function host(ip: string): string {
  return ip.includes(':') ? `${ip}/128` : `${ip}/32`;
}

/** One in `count`, in the steps that the kernel has (1 in 2^31), printed as iptables-save prints it. */
function probability(count: number): string {
  return (Math.round(2 ** 31 / count) / 2 ** 31).toFixed(11);
}
