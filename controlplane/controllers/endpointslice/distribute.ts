// Which slice holds which endpoint: where it is already if it can stay, else where there is room.
import { isSame } from '#lib/api/kinds/equal.ts';
import { services } from '#lib/api/resources.ts';
import type { Service } from '#lib/api/types/core.v1.ts';
import type { Endpoint, EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { headlessLabel, isHeadless, keyOfPorts, type Port, serviceNameLabel } from '../shared/endpoints.ts';
import { controllerReference } from '../shared/owners.ts';

/** Endpoints that share family and ports share slices. */
export interface Group {
  readonly addressType: 'IPv4' | 'IPv6';
  readonly ports: readonly Port[];
  /** By address. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
}

export interface SlicePlan {
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly remove: readonly EndpointSlice[];
}

export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
export const managedBy = 'endpointslice-controller.k8s.io';

export function discoveryPlan(service: Service, groups: readonly Group[], slices: readonly EndpointSlice[]): SlicePlan {
  const create: EndpointSlice[] = [];
  const update: EndpointSlice[] = [];
  const left = new Set(slices.filter(({ metadata }) => metadata.deletionTimestamp === undefined));
  for (const group of groups) {
    const own = [...left].filter((slice) => keyOfSlice(slice) === keyOfGroup(group));
    for (const slice of own) left.delete(slice);
    const filled = fill(group, own);
    for (const { slice, endpoints } of filled) {
      const wanted = sliceFor(service, group, endpoints, slice);
      if (slice === undefined) create.push(wanted);
      else if (endpoints.length === 0 && filled.length > 1 && !isFirstEmpty(filled, slice)) left.add(slice);
      else if (!isUpToDate(slice, wanted)) update.push(wanted);
    }
  }
  return reuse({ create, update, remove: [...left] });
}

interface Filled {
  readonly slice: EndpointSlice | undefined;
  readonly endpoints: readonly Endpoint[];
}

function fill({ endpoints }: Group, slices: readonly EndpointSlice[]): readonly Filled[] {
  const missing = new Map(endpoints);
  const filled = slices.map((slice) => ({ slice: slice as EndpointSlice | undefined, endpoints: [] as Endpoint[] }));
  for (const { slice, endpoints: kept } of filled) {
    for (const { addresses } of slice?.endpoints ?? []) {
      const wanted = missing.get(addresses[0] ?? '');
      if (wanted === undefined) continue;
      kept.push(wanted);
      missing.delete(addresses[0]!);
    }
  }
  const rest = [...missing.values()];
  for (const { endpoints: kept } of filled) kept.push(...rest.splice(0, Math.max(0, mostInSlice - kept.length)));
  while (rest.length > 0 || filled.length === 0) {
    filled.push({ slice: undefined, endpoints: rest.splice(0, mostInSlice) });
  }
  return filled;
}
const mostInSlice = 100;

/** Of slices that are all empty one stays. */
function isFirstEmpty(filled: readonly Filled[], slice: EndpointSlice): boolean {
  return filled.every(({ endpoints }) => endpoints.length === 0) && filled[0]?.slice === slice;
}

/** A slice that would be deleted is given to a new one's endpoints: one write instead of two. */
function reuse({ create, update, remove }: SlicePlan): SlicePlan {
  const spare = [...remove];
  const still: EndpointSlice[] = [];
  const changed = [...update];
  for (const slice of create) {
    const index = spare.findIndex(({ addressType }) => addressType === slice.addressType); // it cannot be changed
    if (index === -1) still.push(slice);
    else changed.push({ ...slice, metadata: { ...slice.metadata, ...identityOf(spare.splice(index, 1)[0]!) } });
  }
  return { create: still, update: changed, remove: spare };
}

function identityOf({ metadata }: EndpointSlice) {
  const { name, uid, resourceVersion } = metadata;
  return { name, generateName: undefined, uid, resourceVersion };
}

function sliceFor(
  service: Service,
  { addressType, ports }: Group,
  endpoints: readonly Endpoint[],
  slice: EndpointSlice | undefined,
): EndpointSlice {
  const { namespace, name } = service.metadata;
  const metadata = slice === undefined ? { name: '', generateName: `${name}-`, namespace } : slice.metadata;
  return {
    metadata: { ...metadata, labels: labelsFor(service), ownerReferences: [controllerReference(services, service)] },
    addressType,
    endpoints,
    ports: ports.map(({ appProtocol, ...port }) => ({
      ...port,
      ...(appProtocol === undefined ? {} : { appProtocol }),
    })),
  };
}

function labelsFor(service: Service): Readonly<Record<string, string>> {
  return {
    ...service.metadata.labels,
    [serviceNameLabel]: service.metadata.name,
    [managedByLabel]: managedBy,
    ...(isHeadless(service) ? { [headlessLabel]: '' } : {}),
  };
}

function isUpToDate(slice: EndpointSlice, wanted: EndpointSlice): boolean {
  return (
    isSame(slice.metadata.labels, wanted.metadata.labels) &&
    isSame(slice.endpoints?.map(canonical), wanted.endpoints?.map(canonical))
  );
}

/** As a list of its parts, so that the order of keys does not matter. */
function canonical(endpoint: Endpoint): unknown {
  const { targetRef, ...rest } = endpoint;
  return { ...rest, uid: targetRef?.uid, name: targetRef?.name };
}

function keyOfGroup({ addressType, ports }: Group): string {
  return `${addressType} ${keyOfPorts(ports)}`;
}

function keyOfSlice({ addressType, ports }: EndpointSlice): string {
  const known = (ports ?? []).map(
    ({ name = '', protocol = 'TCP', port = 0, appProtocol }): Port => ({ name, protocol, port, appProtocol }),
  );
  return `${addressType} ${keyOfPorts(known)}`;
}
