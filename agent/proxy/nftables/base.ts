// What the node itself wants in its table, whatever Services there are.
import { type BaseFacts, masqueradeMark } from '../iptables/base.ts';
import { chain, chainText, type Objects } from './objects.ts';

/** kube-proxy's name: one of the two at a time has the node. */
export const tableName = 'kube-proxy';

export function planBaseObjects(facts: BaseFacts): Objects {
  const { family, serviceCidrs, clusterCidr, nodePortRanges } = facts;
  const ip = family === 4 ? 'ip' : 'ip6';
  const address = family === 4 ? 'ipv4_addr' : 'ipv6_addr';
  const front = `${ip} daddr . meta l4proto . th dport`;
  const loopback = family === 4 ? '127.0.0.0/8' : '::1';
  const nowhere = family === 4 ? '0.0.0.0' : '::';
  const where = nodePortRanges === undefined ? `!= ${loopback}` : `{ ${nodePortRanges.join(', ') || nowhere} }`;
  const isNodePort = `fib daddr type local ${ip} daddr ${where}`;
  const hooked = (type: string, hook: string, priority: string) => `type ${type} hook ${hook} priority ${priority} ;`;
  const refuse = `ct state new ${front} vmap @no-endpoint-services`;
  const chains: readonly (readonly [string, readonly string[], string?])[] = [
    ['mark-for-masquerade', [`meta mark set meta mark or ${masqueradeMark}`]],
    ['reject-chain', ['meta l4proto tcp reject with tcp reset', 'reject']],
    // What was translated no longer has such an address; what was not must not leave. Cluster DNS on this node is local.
    ['cluster-ips-check', serviceCidrs.map((cidr) => `${ip} daddr ${cidr} fib daddr type != local goto reject-chain`)],
    [
      'services',
      [
        ...(clusterCidr === undefined
          ? []
          : [`${ip} daddr @cluster-ips ${ip} saddr != ${clusterCidr} jump mark-for-masquerade`]),
        `${front} vmap @service-ips`,
        `${isNodePort} meta l4proto . th dport vmap @service-nodeports`,
      ],
    ],
    ['masquerading', masquerading(facts)],
    ['firewall-prerouting', [`ct state new ${front} vmap @firewall-ips`], hooked('filter', 'prerouting', '-110')],
    ['firewall-output', [`ct state new ${front} vmap @firewall-ips`], hooked('filter', 'output', '-110')],
    [
      'filter-input',
      [`ct state new ${isNodePort} meta l4proto . th dport vmap @no-endpoint-nodeports`, refuse],
      hooked('filter', 'input', '0'),
    ],
    ['filter-forward', ['ct state invalid drop', refuse, 'jump cluster-ips-check'], hooked('filter', 'forward', '0')],
    ['filter-output', [refuse, 'jump cluster-ips-check'], hooked('filter', 'output', '0')],
    ['nat-prerouting', ['jump services'], hooked('nat', 'prerouting', '-100')],
    ['nat-output', ['jump services'], hooked('nat', 'output', '-100')],
    ['nat-postrouting', ['jump masquerading'], hooked('nat', 'postrouting', '100')],
  ];
  return new Map<string, string>([
    ['set cluster-ips', `type ${address} ;`],
    ['set hairpin', `type ${address} . ${address} . inet_proto . inet_service ;`],
    ['map service-ips', `type ${address} . inet_proto . inet_service : verdict ;`],
    ['map service-nodeports', 'type inet_proto . inet_service : verdict ;'],
    ['map no-endpoint-services', `type ${address} . inet_proto . inet_service : verdict ;`],
    ['map no-endpoint-nodeports', 'type inet_proto . inet_service : verdict ;'],
    ['map firewall-ips', `type ${address} . inet_proto . inet_service : verdict ;`],
    ...chains.map(([name, rules, hook]) => [chain(name), chainText(rules, hook)] as const),
  ]);
}

function masquerading({ family, podCidr, clusterCidr, nodeIps }: BaseFacts): readonly string[] {
  const ip = family === 4 ? 'ip' : 'ip6';
  const kept = [clusterCidr, family === 4 ? '224.0.0.0/4' : 'ff00::/8', ...nodeIps].filter((one) => one !== undefined);
  return [
    // Cleared, so that a packet that comes by twice (through a tunnel) is not translated again.
    `meta mark and ${masqueradeMark} != 0 meta mark set meta mark xor ${masqueradeMark} masquerade fully-random`,
    // A pod that reached itself through its Service must see another source, or its answer would not come back here.
    `ct status dnat ${ip} saddr . ${ip} daddr . meta l4proto . th dport @hairpin masquerade fully-random`,
    ...(podCidr === undefined
      ? []
      : [`${ip} saddr ${podCidr} ${ip} daddr != { ${kept.join(', ')} } masquerade fully-random`]),
  ];
}
