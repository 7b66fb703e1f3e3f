import type { Service } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { familyOf } from '#lib/ip.ts';
import type { ProxyMode } from './backend.ts';
import { type BaseFacts, planBase, planJumps } from './iptables/base.ts';
import { changesOf, jumpChanges } from './iptables/changes.ts';
import { planRules, type RuleFacts } from './iptables/plan.ts';
import { render } from './iptables/render.ts';
import { Ruleset } from './iptables/ruleset.ts';
import { planBaseObjects } from './nftables/base.ts';
import { ObjectSet } from './nftables/object-set.ts';
import { planObjects } from './nftables/plan.ts';
import { renderObjects } from './nftables/render.ts';
import { type NodeFacts, type PortPlan, planService } from './plan.ts';

export interface PrintFacts extends BaseFacts, NodeFacts {
  readonly mode: ProxyMode;
  readonly ownAddresses: readonly string[];
  readonly services: Iterable<Service>;
  readonly endpointSlices: Iterable<EndpointSlice>;
}

/**
 * The rules of a whole node, as the mode's program would be given them were there none yet: `skiff agent proxy --print`.
 * For iptables-restore or for nft.
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
  const print = facts.mode === 'iptables' ? printIptables : printNftables;
  return print(facts, plans, { clusterCidr: facts.clusterCidr, ownAddresses });
}

type Plans = ReadonlyMap<string, readonly PortPlan[]>;

function printIptables(base: BaseFacts, plans: Plans, facts: RuleFacts): string {
  const ruleset = new Ruleset();
  ruleset.setBase(planBase(base));
  for (const [key, ports] of plans) ruleset.put(key, planRules(ports, facts));
  return render([...changesOf(ruleset.ids(), ruleset, new Map()), ...jumpChanges(planJumps(), [])]);
}

function printNftables(base: BaseFacts, plans: Plans, facts: RuleFacts): string {
  const objects = new ObjectSet();
  objects.put('', planBaseObjects(base));
  for (const [key, ports] of plans) objects.put(key, planObjects(ports, facts));
  const changes = [...objects.ids()].map((id) => ({ id, text: objects.textOf(id), isThere: false }));
  return renderObjects(changes, base.family, true);
}
