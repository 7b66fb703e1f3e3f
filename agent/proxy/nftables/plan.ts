// From what one Service needs to entries in maps. There is no chain for each Service: a front (address, protocol and port) leads to a
// chain that draws one of so many numbers, and for each number there is a map with a target for each front. So a change is a few
// elements, and ten thousand Services are a few large maps. Only what is rare has chains of its own: session affinity and source ranges.

import type { Target } from '../endpoints.ts';
import { hash } from '../hash.ts';
import type { RuleFacts } from '../iptables/plan.ts';
import { isExternallyReachable, type PortPlan } from '../plan.ts';
import { chain, chainText, element, type Objects } from './objects.ts';

/** The objects for all ports of one Service; chains that others want, too, are the same text for all. */
export function planObjects(ports: readonly PortPlan[], facts: RuleFacts): Objects {
  const objects = new Map<string, string>();
  for (const port of ports) {
    if (!port.targets.hasAny && facts.ownAddresses.has(port.clusterIp)) continue;
    addPort(port, facts, objects);
  }
  return objects;
}

type Sink = Map<string, string>;

/** Where a front is looked up. */
interface Front {
  readonly services: 'service-ips' | 'service-nodeports';
  readonly refused: 'no-endpoint-services' | 'no-endpoint-nodeports';
  readonly isNodePort: boolean;
  readonly key: string;
}

function addPort(port: PortPlan, facts: RuleFacts, objects: Sink): void {
  const { protocol, targets, nodePort } = port;
  const at = (ip: string): Front => ({
    services: 'service-ips',
    refused: 'no-endpoint-services',
    isNodePort: false,
    key: `${ip} . ${protocol} . ${port.port}`,
  });
  objects.set(element('cluster-ips', port.clusterIp), '');
  const internal = port.internalPolicy === 'Local' ? 'local' : 'cluster';
  const inner = at(port.clusterIp);
  if (targets[internal].length > 0) lead(objects, inner, balancer(objects, port, inner, internal));
  else refuse(objects, inner, port);
  if (isExternallyReachable(port)) {
    const fronts = [...port.externalIps, ...port.loadBalancerIps].map(at);
    if (nodePort !== undefined) {
      const key = `${protocol} . ${nodePort}`;
      fronts.push({
        services: 'service-nodeports',
        refused: 'no-endpoint-nodeports',
        isNodePort: true,
        key,
      });
    }
    for (const front of fronts) addExternal(objects, port, front, facts);
    addFirewall(objects, port);
  }
  for (const { address, port: number } of [...targets.cluster, ...targets.local]) {
    objects.set(element('hairpin', `${address} . ${address} . ${protocol} . ${number}`), '');
  }
}

function addExternal(objects: Sink, port: PortPlan, front: Front, { clusterCidr }: RuleFacts): void {
  const { cluster, local, hasAny } = port.targets;
  if (!hasAny) {
    refuse(objects, front, port);
    return;
  }
  const toCluster = cluster.length === 0 ? undefined : balancer(objects, port, front, 'cluster');
  if (port.externalPolicy === 'Cluster') {
    const name = `external-${toCluster}`;
    objects.set(chain(name), chainText(['jump mark-for-masquerade', `goto ${toCluster}`]));
    lead(objects, front, name);
    return;
  }
  // What comes from outside keeps its source; what starts here goes as if the policy were Cluster.
  const toLocal = local.length === 0 ? undefined : balancer(objects, port, front, 'local');
  const saddr = port.family === 4 ? 'ip saddr' : 'ip6 saddr';
  const shortcuts =
    toCluster === undefined
      ? []
      : [
          ...(clusterCidr === undefined ? [] : [`${saddr} ${clusterCidr} goto ${toCluster}`]),
          'fib saddr type local jump mark-for-masquerade',
          `fib saddr type local goto ${toCluster}`,
        ];
  const name = `local-${toCluster ?? 'none'}-${toLocal ?? 'none'}`;
  objects.set(chain(name), chainText([...shortcuts, ...(toLocal === undefined ? [] : [`goto ${toLocal}`])]));
  lead(objects, front, name);
  // Seen only by what was not translated: another node may have a target.
  if (toLocal === undefined) objects.set(element(front.refused, front.key), 'drop');
}

function lead(objects: Sink, front: Front, to: string): void {
  objects.set(element(front.services, front.key), `goto ${to}`);
}

function refuse(objects: Sink, front: Front, port: PortPlan): void {
  objects.set(element(front.refused, front.key), port.targets.hasAny ? 'drop' : 'goto reject-chain');
}

/**
 * The chain that spreads over the targets; with affinity the Service's own, else the one for so many targets: it draws a number,
 * and under that number each front has a target. A front may have both kinds, hence the local ones have maps of their own.
 */
function balancer(objects: Sink, port: PortPlan, front: Front, kind: 'cluster' | 'local'): string {
  const targets = port.targets[kind];
  if (port.affinitySeconds !== undefined) return stickyBalancer(objects, port, kind, targets, port.affinitySeconds);
  const prefix = `${front.isNodePort ? 'nodeport-' : ''}${kind === 'local' ? 'local-' : ''}`;
  const ip = port.family === 4 ? 'ip' : 'ip6';
  const address = `ipv${port.family}_addr`;
  targets.forEach((target, index) => {
    const map = `${prefix}targets-${index}`;
    const type = `${front.isNodePort ? '' : `${address} . `}inet_proto . inet_service : ${address} . inet_service`;
    const key = `${front.isNodePort ? '' : `${ip} daddr . `}meta l4proto . th dport`;
    objects.set(`map ${map}`, `type ${type} ;`);
    objects.set(chain(`${prefix}pick-${index}`), chainText([`${onlyPorts} dnat ${ip} to ${key} map @${map}`]));
    objects.set(element(map, front.key), `${target.address} . ${target.port}`);
  });
  const numbers = targets.map((_target, index) => `${index} : goto ${prefix}pick-${index}`).join(', ');
  const name = `${prefix}balance-${targets.length}`;
  objects.set(chain(name), chainText([`numgen random mod ${targets.length} vmap { ${numbers} }`]));
  return name;
}
const onlyPorts = 'meta l4proto { tcp, udp, sctp }';

/** Each target remembers its clients in a set whose elements expire; who is in none is spread. */
function stickyBalancer(
  objects: Sink,
  port: PortPlan,
  kind: 'cluster' | 'local',
  targets: readonly Target[],
  seconds: number,
): string {
  const ip = port.family === 4 ? 'ip' : 'ip6';
  const id = `${port.name}/${port.protocol}`;
  const names = targets.map((target) => {
    // A set's time cannot be changed: another time, another set.
    const name = hash(`${id}/${target.address}/${target.port}/${seconds}`);
    const flags = `flags dynamic,timeout ; timeout ${seconds}s`;
    objects.set(`set affinity-${name}`, `type ${port.family === 4 ? 'ipv4_addr' : 'ipv6_addr'} ; ${flags} ;`);
    const to = port.family === 4 ? `${target.address}:${target.port}` : `[${target.address}]:${target.port}`;
    const rules = [`update @affinity-${name} { ${ip} saddr }`, `meta l4proto ${port.protocol} dnat ${ip} to ${to}`];
    objects.set(chain(`endpoint-${name}`), chainText(rules));
    return name;
  });
  const spread = names.map((name, index) => `${index} : goto endpoint-${name}`).join(', ');
  const sticky = `sticky-${kind}-${hash(id)}`;
  objects.set(
    chain(sticky),
    chainText([
      ...names.map((name) => `${ip} saddr @affinity-${name} goto endpoint-${name}`),
      `numgen random mod ${names.length} vmap { ${spread} }`,
    ]),
  );
  return sticky;
}

function addFirewall(objects: Sink, port: PortPlan): void {
  if (port.sourceRanges === undefined || port.loadBalancerIps.length === 0 || !port.targets.hasAny) return;
  const name = `firewall-${hash(`${port.name}/${port.protocol}`)}`;
  const saddr = port.family === 4 ? 'ip saddr' : 'ip6 saddr';
  const allowed = [...port.sourceRanges, ...port.loadBalancerIps];
  objects.set(chain(name), chainText([...allowed.map((range) => `${saddr} ${range} return`), 'drop']));
  for (const ip of port.loadBalancerIps) {
    objects.set(element('firewall-ips', `${ip} . ${port.protocol} . ${port.port}`), `goto ${name}`);
  }
}
