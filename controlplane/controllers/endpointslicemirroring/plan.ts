import { isSame } from '#lib/api/kinds/equal.ts';
import { endpoints as endpointsResource } from '#lib/api/resources.ts';
import type { EndpointSubset, Endpoints } from '#lib/api/types/core.v1.ts';
import type { Endpoint, EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { parseIp } from '#lib/ip.ts';
import { serviceNameLabel } from '../shared/endpoints.ts';
import { controllerReference } from '../shared/owners.ts';

export const managedBy = 'endpointslicemirroring-controller.k8s.io';
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';

export interface MirrorPlan {
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly remove: readonly EndpointSlice[];
  /** How many addresses are shown in no slice: those that are none, and those beyond what a subset may have. */
  readonly invalid: number;
  readonly skipped: number;
}

/**
 * The slices that show what people wrote into `endpoints`: one for each subset and family.
 * Rule: Services, "EndpointSlice mirroring".
 */
export function planMirror(endpoints: Endpoints, slices: readonly EndpointSlice[]): MirrorPlan {
  const wanted = (endpoints.subsets ?? []).flatMap((subset) =>
    (['IPv4', 'IPv6'] as const).flatMap((addressType) => sliceFor(endpoints, subset, addressType)),
  );
  const spare = [...slices];
  const create: EndpointSlice[] = [];
  const update: EndpointSlice[] = [];
  for (const slice of wanted) {
    const isLike = (other: EndpointSlice) => other.addressType === slice.addressType;
    const same = spare.findIndex((other) => isLike(other) && isSame(other.ports, slice.ports));
    const index = same === -1 ? spare.findIndex(isLike) : same;
    const [old] = index === -1 ? [] : spare.splice(index, 1);
    if (old === undefined) create.push(slice);
    else if (!isUpToDate(old, slice)) {
      const { name, uid, resourceVersion } = old.metadata;
      update.push({ ...slice, metadata: { ...slice.metadata, name, uid, resourceVersion, generateName: undefined } });
    }
  }
  return { create, update, remove: spare, ...leftOut(endpoints, wanted) };
}

function leftOut({ subsets = [] }: Endpoints, slices: readonly EndpointSlice[]) {
  const all = subsets.flatMap(({ addresses = [], notReadyAddresses = [] }) => [...addresses, ...notReadyAddresses]);
  const invalid = all.filter(({ ip }) => parseIp(ip) === undefined).length;
  const shown = slices.reduce((sum, slice) => sum + (slice.endpoints ?? []).length, 0);
  return { invalid, skipped: all.length - invalid - shown };
}

export function isMirrored({ metadata }: Endpoints): boolean {
  return (
    metadata.labels?.['endpointslice.kubernetes.io/skip-mirror'] !== 'true' &&
    metadata.annotations?.['control-plane.alpha.kubernetes.io/leader'] === undefined
  );
}

function sliceFor(
  endpoints: Endpoints,
  subset: EndpointSubset,
  addressType: 'IPv4' | 'IPv6',
): readonly EndpointSlice[] {
  const family = addressType === 'IPv4' ? 4 : 6;
  const of = (addresses: EndpointSubset['addresses'], ready: boolean) =>
    (addresses ?? []).filter(({ ip }) => parseIp(ip)?.family === family).map((address) => endpointOf(address, ready));
  const all = [...of(subset.addresses, true), ...of(subset.notReadyAddresses, false)].slice(0, mostAddresses);
  if (all.length === 0) return [];
  const { name, namespace, labels, annotations } = endpoints.metadata;
  const {
    'kubectl.kubernetes.io/last-applied-configuration': _,
    'endpoints.kubernetes.io/last-change-trigger-time': __,
    ...kept
  } = annotations ?? {};
  return [
    {
      metadata: {
        name: '',
        generateName: `${name}-`,
        namespace,
        labels: { ...labels, [serviceNameLabel]: name, [managedByLabel]: managedBy },
        annotations: kept,
        ownerReferences: [controllerReference(endpointsResource, endpoints)],
      },
      addressType,
      endpoints: all,
      ports: (subset.ports ?? []).map(({ name = '', port, protocol = 'TCP', appProtocol }) => ({
        name,
        port,
        protocol,
        ...(appProtocol === undefined ? {} : { appProtocol }),
      })),
    },
  ];
}
export const mostAddresses = 1_000;

function endpointOf(
  { ip, hostname, nodeName, targetRef }: NonNullable<EndpointSubset['addresses']>[number],
  ready: boolean,
): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname ? { hostname } : {}),
    ...(targetRef === undefined ? {} : { targetRef }),
    ...(nodeName ? { nodeName } : {}),
  };
}

function isUpToDate(old: EndpointSlice, wanted: EndpointSlice): boolean {
  return (
    isSame(old.endpoints, wanted.endpoints) &&
    isSame(old.ports, wanted.ports) &&
    isSame(old.metadata.labels, wanted.metadata.labels) &&
    isSame(old.metadata.annotations, wanted.metadata.annotations)
  );
}
