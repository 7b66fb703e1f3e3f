import type { Service } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { familyOf } from '#lib/ip.ts';
import type { ProxyMode } from './backend.ts';
import { type BaseFacts, planBase, planJumps } from './iptables/base.ts';
import { changesOf, jumpChanges } from './iptables/changes.ts';
import { planRules, type RuleFacts } from './iptables/plan.ts';
import { render } from './iptables/render.ts';
import { Ruleset } from './iptables/ruleset.ts';
import { planIpvsBase, planIpvsJumps } from './ipvs/base.ts';
import { planServers, type ServerFacts } from './ipvs/plan.ts';
import { renderChanges } from './ipvs/render.ts';
import { setKinds, setName, setOptions } from './ipvs/sets.ts';
import { planBaseObjects } from './nftables/base.ts';
import { planObjects } from './nftables/plan.ts';
import { renderObjects } from './nftables/render.ts';
import { ObjectSet } from './object-set.ts';
import { type NodeFacts, type PortPlan, planService } from './plan.ts';

export interface PrintFacts extends BaseFacts, NodeFacts {
  readonly mode: ProxyMode;
  readonly ownAddresses: readonly string[];
  /** This node's addresses at which node ports are served, where a mode has to name them. */
  readonly nodePortIps: readonly string[];
  readonly services: Iterable<Service>;
  readonly endpointSlices: Iterable<EndpointSlice>;
}

/**
 * The rules of a whole node, as the mode's program would be given them were there none yet: `skiff agent proxy --print`.
 * For iptables-restore, for nft, or (ipvs mode) for several programs, each named before its part.
 */
export function printRules(facts: PrintFacts): string {
  const slices = Map.groupBy(facts.endpointSlices, ({ metadata }) => {
    return `${metadata.namespace}/${metadata.labels?.['kubernetes.io/service-name']}`;
  });
  const ownAddresses = new Set(facts.ownAddresses.filter((ip) => familyOf(ip) === facts.family));
  const plans = new Map<string, readonly PortPlan[]>();
  for (const service of facts.services) {
    const key = `${service.metadata.namespace}/${service.metadata.name}`;
    plans.set(key, planService(service, slices.get(key) ?? [], facts, facts.family));
  }
  const { clusterCidr, nodePortIps } = facts;
  return printers[facts.mode](facts, plans, { clusterCidr, ownAddresses, nodePortIps });
}

type Plans = ReadonlyMap<string, readonly PortPlan[]>;

const printers = { iptables: printIptables, ipvs: printIpvs, nftables: printNftables };

function printIptables(base: BaseFacts, plans: Plans, facts: RuleFacts): string {
  const ruleset = new Ruleset();
  ruleset.setBase(planBase(base));
  for (const [key, ports] of plans) ruleset.put(key, planRules(ports, facts));
  return render([...changesOf(ruleset.ids(), ruleset, new Map()), ...jumpChanges(planJumps(base.family), [])]);
}

function printIpvs(base: BaseFacts, plans: Plans, facts: ServerFacts): string {
  const { family } = base;
  const ruleset = new Ruleset();
  ruleset.setBase(planIpvsBase(base));
  const objects = new ObjectSet();
  for (const [key, ports] of plans) objects.put(key, planServers(ports, facts));
  const changes = [...objects.ids()].map((id) => ({ id, text: objects.textOf(id), isThere: false }));
  const { newMembers, newAddresses, servers } = renderChanges(changes, family);
  const sets = setKinds.map((kind) => `create ${setName(kind, family)} ${setOptions(kind, family)}\n`).join('');
  const rules = render([...changesOf(ruleset.ids(), ruleset, new Map()), ...jumpChanges(planIpvsJumps(family), [])]);
  return [
    `# ipset restore\n${sets}${newMembers}`,
    `# ${family === 4 ? 'iptables' : 'ip6tables'}-restore --noflush\n${rules}`,
    `# ip -batch\n${newAddresses}`,
    `# ipvsadm --restore\n${servers}`,
  ].join('\n');
}

function printNftables(base: BaseFacts, plans: Plans, facts: RuleFacts): string {
  const objects = new ObjectSet();
  objects.put('', planBaseObjects(base));
  for (const [key, ports] of plans) objects.put(key, planObjects(ports, facts));
  const changes = [...objects.ids()].map((id) => ({ id, text: objects.textOf(id), isThere: false }));
  return renderObjects(changes, base.family, true);
}
