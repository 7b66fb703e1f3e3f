import type { Node } from '#lib/api/types/core.v1.ts';
import type { Exec } from '#lib/exec.ts';
import { contains, type Family, familyOf, formatCidr, parseCidr, parseIp } from '#lib/ip.ts';
import type { Log } from '#lib/log.ts';
import type { ServiceFeed } from '../service-feed.ts';
import type { Backend, BackendOptions, Look, ProxyMode } from './backend.ts';
import { forgetFlows, listFlows } from './conntrack/flows.ts';
import { planForget } from './conntrack/plan.ts';
import { createIptablesBackend } from './iptables/backend.ts';
import { createIpvsBackend } from './ipvs/backend.ts';
import { createNftablesBackend } from './nftables/backend.ts';
import type { Losses } from './own-losses.ts';
import { type NodeFacts, type PortPlan, planService } from './plan.ts';

export interface FamilyProxyOptions {
  readonly mode: ProxyMode;
  readonly family: Family;
  readonly nodeName: string;
  readonly nodeIps: readonly string[];
  readonly clusterCidrs: readonly string[];
  serviceCidrs(): readonly string[];
  readonly ownAddresses: readonly string[];
  /** `primary`, or ranges of this node's addresses; empty: all. */
  readonly nodePortAddresses?: readonly string[] | undefined;
  readonly isLocalhostServed?: boolean | undefined;
  /** Told what the kernel is about to lose by us. */
  expectLosses(losses: Losses): void;
  readonly exec: Exec;
  readonly log: Log;
}

/** One address family's rules on this node: what is wanted, and what the kernel has. */
export interface FamilyProxy {
  readonly family: Family;
  /** Takes in what nodes there are. Returns whether every Service must be planned anew. */
  setNodes(nodes: readonly Node[], farIps: readonly string[]): boolean;
  /** Plans the Services `keys` anew and brings the kernel to what is then wanted. Returns how much that changed. */
  sync(keys: ReadonlySet<string>, feed: ServiceFeed, signal: AbortSignal): Promise<number>;
  /** Forgets UDP flows that lead to former targets, if there may be any: else it does not look. Returns how many. */
  forgetFlows(signal: AbortSignal): Promise<number | undefined>;
  isDamaged(look: Look, signal: AbortSignal): Promise<boolean>;
  forget(): void;
  plansOf(key: string): readonly PortPlan[];
  allPlans(): Iterable<PortPlan>;
}

const backends: Readonly<Record<ProxyMode, (options: BackendOptions) => Backend>> = {
  iptables: createIptablesBackend,
  ipvs: createIpvsBackend,
  nftables: createNftablesBackend,
};

export function createFamilyProxy(options: FamilyProxyOptions): FamilyProxy {
  const { family, nodeName, exec, log } = options;
  const mine = (texts: readonly string[]) => texts.filter((text) => familyOf(text) === family);
  const clusterCidr = mine(options.clusterCidrs)[0];
  const nodePortRanges = nodePortRangesOf(options.nodePortAddresses, mine(options.nodeIps), family);
  const ownAddresses = new Set(mine(options.ownAddresses));
  const nodeIps = new Set(mine(options.nodeIps));
  const backend = backends[options.mode]({
    family,
    clusterCidr,
    ownAddresses,
    nodePortIps: mine(options.nodeIps).filter(
      (ip) => nodePortRanges?.some((range) => contains(parseCidr(range)!, parseIp(ip)!)) ?? true,
    ),
    expectLosses: options.expectLosses,
    exec,
    log,
  });
  const plans = new Map<string, readonly PortPlan[]>();
  let node: NodeFacts = { nodeName };
  let mayHaveStaleFlows = true; // what was there before us is looked through, too

  function plan(key: string, feed: ServiceFeed): void {
    const { service, slices } = feed.get(key);
    const before = plans.get(key) ?? [];
    const now = service === undefined ? [] : planService(service, slices, node, family);
    if (now.length === 0) plans.delete(key);
    else plans.set(key, now);
    backend.put(key, now);
    mayHaveStaleFlows ||= [...before, ...now].some((port) => port.protocol === 'udp');
  }

  return {
    family,
    setNodes(nodes, farIps) {
      const near = nodes.flatMap(internalIps).filter((ip) => !farIps.includes(ip));
      const zone = nodes.find(({ metadata }) => metadata.name === nodeName)?.metadata.labels?.[zoneLabel];
      const isMoved = zone !== node.zone;
      node = { nodeName, zone };
      const own = nodes.find(({ metadata }) => metadata.name === nodeName);
      backend.setBase({
        family,
        serviceCidrs: mine(options.serviceCidrs()),
        clusterCidr,
        nodePortRanges,
        isLocalhostServed: options.isLocalhostServed,
        podCidr: mine(own?.spec?.podCIDRs ?? [])[0],
        nodeIps: mine([...new Set([...options.nodeIps, ...near])]).sort(),
      });
      return isMoved;
    },
    async sync(keys, feed, signal) {
      for (const key of keys) plan(key, feed);
      return backend.apply(signal);
    },
    async forgetFlows(signal) {
      if (!mayHaveStaleFlows) return undefined;
      const flows = await listFlows(family, exec, signal);
      const stale = planForget(flows, [...plans.values()].flat(), { nodeIps, ownAddresses });
      await forgetFlows(stale, family, exec, signal);
      mayHaveStaleFlows = false; // no sync runs meanwhile
      return stale.length;
    },
    isDamaged: (look, signal) => backend.isDamaged(look, signal),
    forget: () => backend.forget(),
    plansOf: (key) => plans.get(key) ?? [],
    allPlans: () => [...plans.values()].flat(),
  };
}
/** Rule: kube-proxy --nodeport-addresses. Undefined: all. */
function nodePortRangesOf(
  told: readonly string[] | undefined,
  own: readonly string[],
  family: Family,
): readonly string[] | undefined {
  if (told === undefined || told.length === 0) return undefined;
  const texts = told.includes('primary') ? own.map((ip) => `${ip}/${family === 4 ? 32 : 128}`) : told;
  return texts.filter((text) => parseCidr(text)?.family === family).map((text) => formatCidr(parseCidr(text)!));
}

const zoneLabel = 'topology.kubernetes.io/zone';

function internalIps({ status }: Node): readonly string[] {
  return (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address);
}
