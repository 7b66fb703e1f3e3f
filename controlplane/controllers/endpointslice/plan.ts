import type { Node, Pod, Service } from '#lib/api/types/core.v1.ts';
import type { Endpoint, EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import {
  addressOfFamily,
  familiesOf,
  hostnameFor,
  isBehind,
  isHeadless,
  keyOfPorts,
  type Port,
  portsFor,
  targetOfPod,
} from '../shared/endpoints.ts';
import { isReady } from '../shared/pods.ts';
import { discoveryPlan, type Group, type SlicePlan } from './distribute.ts';
import { type Placed, planZoneHints, wantsZoneHints, zoneLabel } from './zone-hints.ts';

export interface SliceFacts {
  readonly service: Service;
  /** Those that its selector selects. */
  readonly pods: readonly Pod[];
  nodeOf(pod: Pod): Node | undefined;
  /** Those that this controller manages for the Service. */
  readonly slices: readonly EndpointSlice[];
  /** See `zoneShares`. */
  readonly shares?: ReadonlyMap<string, number> | undefined;
}

/** What became of the wish for topology-aware hints: for each family why there are none, or undefined. Absent: not wished for. */
export interface HintsOutcome {
  readonly hints?: ReadonlyMap<string, string | undefined>;
}

/** The slices to create, update and delete so that they hold just the endpoints of `service`, few of them touched. */
export function planSlices({ service, pods, nodeOf, slices, shares }: SliceFacts): SlicePlan & HintsOutcome {
  const families = familiesOf(service).map((family) => ({ family, groups: groupsOf(service, pods, nodeOf, family) }));
  if (!wantsZoneHints(service)) {
    const groups = families.flatMap((one) => one.groups);
    return discoveryPlan(service, groups, slices);
  }
  const hinted = families.map(({ family, groups }) => ({ family, ...giveToZones(groups, slices, shares) }));
  const plan = discoveryPlan(
    service,
    hinted.flatMap(({ groups }) => groups),
    slices,
  );
  return { ...plan, hints: new Map(hinted.map(({ family, problem }) => [family, problem])) };
}

function giveToZones(
  groups: readonly Group[],
  slices: readonly EndpointSlice[],
  shares: ReadonlyMap<string, number> | undefined,
): { readonly groups: readonly Group[]; readonly problem: string | undefined } {
  const now = new Map(
    slices.flatMap(({ endpoints }) =>
      (endpoints ?? []).map((one) => [one.addresses[0], one.hints?.forZones?.[0]?.name]),
    ),
  );
  const ready = new Map<string, Placed>(); // an address may be in several groups: named ports
  for (const { endpoints } of groups) {
    for (const [address, { conditions, zone }] of endpoints) {
      if (conditions?.ready) ready.set(address, { address, zone, given: now.get(address) });
    }
  }
  const plan = planZoneHints([...ready.values()], shares);
  if ('problem' in plan) return { groups, problem: plan.problem };
  const hinted = (endpoint: Endpoint): Endpoint => {
    const zone = plan.zones.get(endpoint.addresses[0]!);
    return endpoint.conditions?.ready && zone ? { ...endpoint, hints: { forZones: [{ name: zone }] } } : endpoint;
  };
  return {
    groups: groups.map((group) => ({
      ...group,
      endpoints: new Map([...group.endpoints].map(([address, endpoint]) => [address, hinted(endpoint)])),
    })),
    problem: undefined,
  };
}

function groupsOf(
  service: Service,
  pods: readonly Pod[],
  nodeOf: SliceFacts['nodeOf'],
  addressType: 'IPv4' | 'IPv6',
): readonly Group[] {
  const groups = new Map<string, { ports: readonly Port[]; endpoints: Map<string, Endpoint> }>();
  for (const pod of pods) {
    if (!isBehind(pod, true)) continue;
    const ports = portsFor(service, pod);
    if (ports.length === 0 && !(isHeadless(service) && (service.spec?.ports ?? []).length === 0)) continue;
    const address = addressOfFamily(pod, addressType);
    if (address === undefined) continue;
    const key = keyOfPorts(ports);
    const group = groups.get(key) ?? { ports, endpoints: new Map<string, Endpoint>() };
    groups.set(key, group);
    group.endpoints.set(address, endpointOf(service, pod, nodeOf(pod), address));
  }
  // A Service without endpoints has one slice that says so.
  if (groups.size === 0) return [{ addressType, ports: [], endpoints: new Map() }];
  return [...groups.values()].map((group) => ({ addressType, ...group }));
}

function endpointOf(service: Service, pod: Pod, node: Node | undefined, address: string): Endpoint {
  const serving = isReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = (service.spec?.publishNotReadyAddresses ?? false) || (serving && !terminating);
  const hostname = hostnameFor(service, pod);
  const zone = node?.metadata.labels?.[zoneLabel];
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    targetRef: targetOfPod(pod),
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    ...(zone ? { zone } : {}),
    ...(ready ? hintsFor(service, zone, pod.spec.nodeName) : {}),
  };
}

/** For whom an endpoint is the nearest. Rule: KEP-4444 and KEP-3015, trafficDistribution. */
function hintsFor(service: Service, zone: string | undefined, node: string | undefined): Pick<Endpoint, 'hints'> {
  const wish = wantsZoneHints(service) ? undefined : service.spec?.trafficDistribution;
  const isNear = wish === 'PreferClose' || wish === 'PreferSameZone' || wish === 'PreferSameNode';
  const forZones = isNear && zone ? { forZones: [{ name: zone }] } : undefined;
  const forNodes = wish === 'PreferSameNode' && node ? { forNodes: [{ name: node }] } : undefined;
  return forZones === undefined && forNodes === undefined ? {} : { hints: { ...forZones, ...forNodes } };
}
