// What differs between the addresses that Services have and the objects that stand for them. Pure.
// Rule: ipallocator repair controller: one IPAddress for each address of a Service, and none without one.
import type { Service } from '#lib/api/types/core.v1.ts';
import type { IPAddress } from '#lib/api/types/networking.v1.ts';
import { type Cidr, formatIp, parseIp } from '#lib/ip.ts';
import { isOf, managedBy, type Owner } from './address-objects.ts';
import { addressesOf } from './allocate-addresses.ts';
import { rangeOf } from './ranges.ts';

export interface RepairFacts {
  readonly services: readonly Service[];
  readonly addresses: readonly IPAddress[];
  readonly ranges: readonly Cidr[];
  readonly nowMs: number;
}

export type Repair =
  | { readonly do: 'create' | 'recreate'; readonly address: string; readonly owner: Owner; readonly why: Complaint }
  | { readonly do: 'remove'; readonly address: string }
  | { readonly do: 'complain'; readonly owner: Owner; readonly why: Complaint };

export interface Complaint {
  readonly reason: 'ClusterIPNotAllocated' | 'ClusterIPOutOfRange' | 'ClusterIPAlreadyAllocated';
  readonly message: string;
}

export function planRepair({ services, addresses, ranges, nowMs }: RepairFacts): readonly Repair[] {
  const objects = new Map(addresses.map((one) => [one.metadata.name, one]));
  const byKey = new Map(services.map((service) => [keyOf(ownerOf(service)), service]));
  const steps: Repair[] = [];
  for (const service of services) {
    for (const text of addressesOf(service)) {
      const step = repairOf(service, text, { objects, byKey, ranges });
      if (step !== undefined) steps.push(step);
    }
  }
  const mended = new Set(steps.map((step) => ('address' in step ? step.address : '')));
  for (const object of addresses.filter(({ metadata }) => !mended.has(metadata.name)))
    if (isOrphan(object, byKey, nowMs)) steps.push({ do: 'remove', address: object.metadata.name });
  return steps;
}

interface Known {
  readonly objects: ReadonlyMap<string, IPAddress>;
  readonly byKey: ReadonlyMap<string, Service>;
  readonly ranges: readonly Cidr[];
}

function repairOf(service: Service, text: string, { objects, byKey, ranges }: Known): Repair | undefined {
  const ip = parseIp(text);
  if (ip === undefined) return undefined;
  const address = formatIp(ip);
  const owner = ownerOf(service);
  const which = `[IPv${ip.family}]: ${address}`;
  if (rangeOf(ranges, ip) === undefined) {
    const message = `Cluster IP ${which} is not within any configured Service CIDR; please recreate service`;
    return { do: 'complain', owner, why: { reason: 'ClusterIPOutOfRange', message } };
  }
  const object = objects.get(address);
  if (object === undefined) {
    const message = `Cluster IP ${which} is not allocated; repairing`;
    return { do: 'create', address, owner, why: { reason: 'ClusterIPNotAllocated', message } };
  }
  if (isOf(object, owner)) return hasLabels(object) ? undefined : wrongReference(which, address, owner);
  const { namespace = '', name = '' } = object.spec?.parentRef ?? {};
  const other = byKey.get(keyOf({ namespace, name }));
  if (other === undefined || !isOf(object, ownerOf(other)) || !addressesOf(other).includes(address)) {
    return wrongReference(which, address, owner);
  }
  const message = `Cluster IP ${which} was assigned to multiple services; please recreate service`;
  return { do: 'complain', owner, why: { reason: 'ClusterIPAlreadyAllocated', message } };
}

function wrongReference(which: string, address: string, owner: Owner): Repair {
  const message = `the ClusterIP ${which} for Service ${owner.namespace}/${owner.name} has a wrong reference; repairing`;
  return { do: 'recreate', address, owner, why: { reason: 'ClusterIPNotAllocated', message } };
}

/** Ours, and no Service has it; young ones may belong to a Service that is being made. */
function isOrphan({ metadata, spec }: IPAddress, byKey: ReadonlyMap<string, Service>, nowMs: number): boolean {
  if (metadata.labels?.[managedByLabel] !== managedBy[managedByLabel]) return false;
  const { namespace = '', name = '' } = spec?.parentRef ?? {};
  const service = byKey.get(keyOf({ namespace, name }));
  if (service !== undefined && addressesOf(service).some((one) => canonical(one) === metadata.name)) return false;
  return nowMs - Date.parse(metadata.creationTimestamp ?? '') > youngMs;
}
const youngMs = 60_000;
const managedByLabel = 'ipaddress.kubernetes.io/managed-by';

function hasLabels({ metadata }: IPAddress): boolean {
  const family = metadata.name.includes(':') ? 'IPv6' : 'IPv4';
  return (
    metadata.labels?.[managedByLabel] === managedBy[managedByLabel] &&
    metadata.labels['ipaddress.kubernetes.io/ip-family'] === family
  );
}

function canonical(text: string): string {
  const ip = parseIp(text);
  return ip === undefined ? text : formatIp(ip);
}

export function ownerOf({ metadata }: Service): Owner {
  return { namespace: metadata.namespace ?? '', name: metadata.name };
}

function keyOf({ namespace, name }: Owner): string {
  return `${namespace}/${name}`;
}
