import type { Command } from 'commander';
import { live, requireRoot } from './life.ts';

interface Flags {
  readonly print?: boolean;
  readonly cleanup?: boolean;
  readonly mode: string;
  readonly kubeconfig?: string;
  readonly nodeName?: string;
  readonly clusterCidr: string;
  readonly serviceClusterIpRange: string;
  readonly clusterDns: string;
}

/** `skiff agent proxy`: the rules of Services, printed or taken away. */
export function addProxy(agent: Command): void {
  agent
    .command('proxy')
    .description("Print the rules that Services get on this node, or take away all that the node's network ever made.")
    .option('--print', "print the rules, as the mode's programs take them")
    .option('--mode <mode>', 'iptables, nftables or ipvs', 'iptables')
    .option('--cleanup', 'remove rules, routes, links and the network configuration; needs nothing running')
    .action((_flags: unknown, command: Command) => live((signal) => proxy(command.optsWithGlobals<Flags>(), signal)));
}

async function proxy(flags: Flags, signal: AbortSignal): Promise<void> {
  if (flags.print === flags.cleanup) throw new Error('Say one of --print and --cleanup');
  if (flags.print) return await print(flags, signal);
  requireRoot();
  const { exec } = await import('#lib/exec.ts');
  const { removeNetwork } = await import('../agent/network.ts');
  await removeNetwork({ exec, clusterDns: flags.clusterDns }, signal);
}

async function print(flags: Flags, signal: AbortSignal): Promise<void> {
  const modes = ['iptables', 'nftables', 'ipvs'] as const;
  const mode = modes.find((one) => one === flags.mode);
  if (mode === undefined) throw new Error(`--mode is one of ${modes.join(', ')}`);
  if (flags.kubeconfig === undefined)
    throw new Error('--kubeconfig is needed: skiff agent --kubeconfig FILE proxy --print');
  const { hostname } = await import('node:os');
  const { endpointSlices, nodes, services } = await import('#lib/api/resources.ts');
  const { connect } = await import('#lib/client/connect.ts');
  const { createLog } = await import('#lib/log.ts');
  const { familyOf } = await import('#lib/ip.ts');
  const { printRules } = await import('../agent/proxy/print.ts');
  const log = createLog({ level: 'error' });
  await using connection = await connect(flags.kubeconfig, { userAgent: 'skiff-proxy', log });
  const { client } = connection;
  const [allNodes, allServices, allSlices] = await Promise.all([
    client.list(nodes, {}, signal),
    client.list(services, {}, signal),
    client.list(endpointSlices, {}, signal),
  ]);
  const nodeName = flags.nodeName ?? hostname().toLowerCase();
  const node = allNodes.items.find(({ metadata }) => metadata.name === nodeName);
  const family = familyOf(flags.serviceClusterIpRange.split('/')[0]!) ?? 4;
  const isOfFamily = (ip: string) => familyOf(ip.split('/')[0]!) === family;
  const rules = printRules({
    mode,
    family,
    nodeName,
    zone: node?.metadata.labels?.['topology.kubernetes.io/zone'],
    serviceCidrs: [flags.serviceClusterIpRange],
    clusterCidr: flags.clusterCidr,
    podCidr: (node?.spec?.podCIDRs ?? [node?.spec?.podCIDR ?? '']).find(isOfFamily),
    nodeIps: allNodes.items.flatMap(({ status }) =>
      (status?.addresses ?? [])
        .filter(({ type, address }) => type === 'InternalIP' && isOfFamily(address))
        .map(({ address }) => address),
    ),
    nodePortIps: (node?.status.addresses ?? []).flatMap(({ type, address }) =>
      type === 'InternalIP' && isOfFamily(address) ? [address] : [],
    ),
    ownAddresses: flags.clusterDns === '' ? [] : [flags.clusterDns],
    services: allServices.items,
    endpointSlices: allSlices.items,
  });
  process.stdout.write(rules);
}
