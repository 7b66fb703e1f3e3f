import type { Exec } from '#lib/exec.ts';
import type { LabLayout, NodeLayout } from './layout.ts';

// The lab's segments: bridges that join the nodes. In an isolated lab they stand in a namespace of its own that routes
// between them and leads nowhere; otherwise on the host, which translates what leaves and rejects the lab's own ranges.

const forwardSetting = '/proc/sys/net/ipv4/ip_forward';
const forward6Setting = '/proc/sys/net/ipv6/conf/all/forwarding';

/** Commands for `sh -e`, each of which may be repeated. */
export function renderSwitch(lab: LabLayout): string {
  const bridges = lab.segments.flatMap(({ bridge, gateways }) => [
    `ip link show ${bridge} >/dev/null 2>&1 || ip link add ${bridge} type bridge`,
    ...gateways.map((gateway) => `ip addr replace ${gateway} dev ${bridge}${isIpv6(gateway) ? ' nodad' : ''}`),
    `ip link set ${bridge} up`,
  ]);
  if (lab.isolated) {
    return [
      `[ -e /run/netns/${lab.switchNamespace} ] || ip netns add ${lab.switchNamespace}`,
      `ip netns exec ${lab.switchNamespace} sh -ec '`,
      'ip link set lo up',
      ...bridges,
      // What no node owns is answered with "unreachable" at once, rather than dropped.
      'ip route replace unreachable default',
      ...(lab.dualStack ? ['ip -6 route replace unreachable default', `echo 1 >${forward6Setting}`] : []),
      `echo 1 >${forwardSetting}`,
      `'`,
    ].join('\n');
  }
  const keep = `[ -e ${forwardFile(lab)} ] || cat ${forwardSetting} >${forwardFile(lab)}`; // `down` puts it back
  return [...bridges, keep, `echo 1 >${forwardSetting}`, ...renderBorder(lab)].join('\n');
}

function forwardFile({ dataDir }: LabLayout): string {
  return `${dataDir}/ip_forward`;
}

function renderBorder(lab: LabLayout): readonly string[] {
  const { nat, filter } = chainsOf(lab);
  const own = [lab.podCidr, lab.serviceCidr];
  const [{ bridge, subnet }] = lab.segments as readonly [LabLayout['segments'][number]];
  return [
    ...[`nat ${nat}`, `filter ${filter}`].map((chain) => {
      const [table, name] = chain.split(' ');
      return `iptables -w -t ${table} -N ${name} 2>/dev/null || iptables -w -t ${table} -F ${name}`;
    }),
    `iptables -w -t nat -A ${nat} -s ${subnet} ! -o ${bridge} -j MASQUERADE`,
    ...own.map((cidr) => `iptables -w -t filter -A ${filter} -i ${bridge} ! -o ${bridge} -d ${cidr} -j REJECT`),
    `iptables -w -t filter -A ${filter} -i ${bridge} -j ACCEPT`,
    `iptables -w -t filter -A ${filter} -o ${bridge} -j ACCEPT`,
    `iptables -w -t nat -C POSTROUTING -j ${nat} 2>/dev/null || iptables -w -t nat -A POSTROUTING -j ${nat}`,
    `iptables -w -t filter -C FORWARD -j ${filter} 2>/dev/null || iptables -w -t filter -I FORWARD -j ${filter}`,
  ];
}

function chainsOf(lab: LabLayout): { readonly nat: string; readonly filter: string } {
  const name = lab.id.toUpperCase();
  return { nat: `${name}-MASQ`, filter: `${name}-FORWARD` };
}

/** The node's network namespace and its link to the bridge. */
export function renderNodeLink(lab: LabLayout, node: NodeLayout): string {
  const ns = node.networkNamespace;
  const inSwitch = lab.isolated ? `ip -n ${lab.switchNamespace}` : 'ip';
  const peer = lab.isolated ? `netns ${lab.switchNamespace}` : '';
  const ways = node.segment.gateways.map((text, index) => {
    const [gateway, prefix] = text.split('/');
    return { gateway, address: `${node.ips[index]}/${prefix}`, options: isIpv6(text) ? ' nodad' : '' };
  });
  return [
    `[ -e /run/netns/${ns} ] || ip netns add ${ns}`,
    `ip -n ${ns} link set lo up`,
    `ip -n ${ns} link show eth0 >/dev/null 2>&1 || ip link add eth0 netns ${ns} type veth peer name ${node.link} ${peer}`,
    `${inSwitch} link set ${node.link} master ${node.segment.bridge} up`,
    ...ways.map(({ address, options }) => `ip -n ${ns} addr replace ${address} dev eth0${options}`),
    `ip -n ${ns} link set eth0 up`,
    ...ways.map(({ gateway }) => `ip -n ${ns} route replace default via ${gateway}`),
    `ip netns exec ${ns} sh -c 'echo 1 >${forwardSetting}'`,
    ...(lab.dualStack ? [`ip netns exec ${ns} sh -c 'echo 1 >${forward6Setting}'`] : []),
  ].join('\n');
}

function isIpv6(address: string): boolean {
  return address.includes(':');
}

/** Takes links, namespaces and chains away; what is not there is no error. */
export function renderTeardown(lab: LabLayout): string {
  const { nat, filter } = chainsOf(lab);
  const quiet = '2>/dev/null || true';
  return [
    ...lab.nodes.map((node) => `ip netns del ${node.networkNamespace} ${quiet}`),
    `ip netns del ${lab.switchNamespace} ${quiet}`,
    ...lab.nodes.map((node) => `ip link del ${node.link} ${quiet}`),
    ...lab.segments.map(({ bridge }) => `ip link del ${bridge} ${quiet}`),
    ...(lab.isolated
      ? []
      : [
          `[ ! -e ${forwardFile(lab)} ] || cat ${forwardFile(lab)} >${forwardSetting}`,
          `iptables -w -t nat -D POSTROUTING -j ${nat} ${quiet}`,
          `iptables -w -t filter -D FORWARD -j ${filter} ${quiet}`,
          ...[`-F ${nat}`, `-X ${nat}`].map((words) => `iptables -w -t nat ${words} ${quiet}`),
          ...[`-F ${filter}`, `-X ${filter}`].map((words) => `iptables -w -t filter ${words} ${quiet}`),
        ]),
  ].join('\n');
}

/** @throws {Error} if something on the host already uses the lab's range */
export async function checkRangeIsFree(lab: LabLayout, exec: Exec, signal: AbortSignal): Promise<void> {
  if (lab.isolated) return;
  const { stdout } = await exec('ip', ['-json', 'addr', 'show'], signal);
  const links: readonly { ifname: string; addr_info: readonly { local: string }[] }[] = JSON.parse(stdout);
  const [{ bridge, subnet }] = lab.segments as readonly [LabLayout['segments'][number]];
  const prefix = subnet.slice(0, subnet.lastIndexOf('.') + 1);
  const taken = links.find((l) => l.ifname !== bridge && l.addr_info.some((a) => a.local.startsWith(prefix)));
  if (taken === undefined) return;
  throw new Error(
    `Cannot use ${subnet} for the nodes: ${taken.ifname} of this machine has an address in it. ` +
      'If that is another lab, end it with `skiff down --data DIR`; or use --isolated',
  );
}
