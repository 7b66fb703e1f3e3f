import type { Service } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { familyOf } from '#lib/ip.ts';
import { type BaseFacts, planBase, planJumps } from './iptables/base.ts';
import { changesOf } from './iptables/changes.ts';
import { planRules } from './iptables/plan.ts';
import { render } from './iptables/render.ts';
import { Ruleset } from './iptables/ruleset.ts';
import { type NodeFacts, planService } from './plan.ts';

export interface PrintFacts extends BaseFacts, NodeFacts {
  readonly ownAddresses: readonly string[];
  readonly services: Iterable<Service>;
  readonly endpointSlices: Iterable<EndpointSlice>;
}

/** The rules of a whole node as iptables-restore would be given them, were there none yet: `skiff agent proxy --print`. */
export function printRules(facts: PrintFacts): string {
  const ruleset = new Ruleset();
  ruleset.setBase(planBase(facts));
  const slices = Map.groupBy(facts.endpointSlices, ({ metadata }) => {
    return `${metadata.namespace}/${metadata.labels?.['kubernetes.io/service-name']}`;
  });
  const ownAddresses = new Set(facts.ownAddresses.filter((ip) => familyOf(ip) === facts.family));
  for (const service of facts.services) {
    const key = `${service.metadata.namespace}/${service.metadata.name}`;
    const ports = planService(service, slices.get(key) ?? [], facts, facts.family);
    ruleset.put(key, planRules(ports, { clusterCidr: facts.clusterCidr, ownAddresses }));
  }
  const jumps = planJumps().map((jump) => ({ do: 'jump', jump }) as const);
  return render([...changesOf(ruleset.ids(), ruleset, new Map()), ...jumps.toReversed()]);
}
