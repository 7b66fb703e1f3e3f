import { invalidValue } from '#lib/api/field-errors.ts';
import type { Mutable } from '#lib/api/kinds/object.ts';
import { ipAddresses, serviceCIDRs, services } from '#lib/api/resources.ts';
import { invalid } from '#lib/api/status.ts';
import type { Service, ServiceSpec } from '#lib/api/types/core.v1.ts';
import type { StatusCause } from '#lib/api/types/meta.v1.ts';
import { type Cidr, formatIp, parseCidr, parseIp } from '#lib/ip.ts';
import type { Registry } from '../registry/registry.ts';
import type { Hooks, Lease } from '../registry/served.ts';
import { type AddressObjects, createAddressObjects, type Owner } from './address-objects.ts';
import { type AddressPools, addressesOf, allocateAddresses, type GivenAddress } from './allocate-addresses.ts';
import { allocatePorts, nodePortsOf, type PortPools } from './allocate-ports.ts';
import { alignAddresses, fillFamilies } from './families.ts';
import type { Span } from './pick.ts';
import type { PortKeys } from './port-keys.ts';
import { openRanges } from './ranges.ts';
import { dropUnneeded, keepAllocated } from './transitions.ts';
import { createUsage } from './usage.ts';

export interface ServiceHooksOptions {
  /** Addresses of Services, one range of each family: `10.96.0.0/12,fd00:96::/112`. */
  readonly range: string;
  /** 30000-32767 if absent. */
  readonly nodePorts?: Span;
  readonly random?: () => number;
  /** Where other servers give away ports, too. */
  readonly portKeys?: PortKeys | undefined;
}

/** Rule: kube-apiserver, --service-node-port-range. */
export const defaultPorts: Span = { first: 30_000, size: 2768 };

type Pools = Omit<AddressPools, 'ranges'> & PortPools;

/**
 * Allocates cluster addresses and node ports as Services are written. What is taken follows from what is stored, so that
 * nothing can leak; requests under way claim theirs first, so that no two get the same.
 */
export function createServiceHooks(
  registry: Registry,
  { range, nodePorts = defaultPorts, random = Math.random, portKeys }: ServiceHooksOptions,
): Hooks {
  const defaults = parseRanges(range);
  const families = defaults.map(({ family }) => (family === 4 ? 'IPv4' : 'IPv6'));
  const pools: Pools = {
    ports: nodePorts,
    addressesInUse: createUsage<string>(),
    portsInUse: createUsage<number>(),
    random,
  };
  const objects = createAddressObjects(registry);
  const ranges = registry.reader(serviceCIDRs);
  registry.reader(ipAddresses).onChange((now, _before, key) => {
    pools.addressesInUse.stored(`object ${key}`, now === undefined ? [] : [key]);
  });
  registry.reader(services).onChange((now, before, key) => {
    const kept = addressesOf(now).map(canonical);
    pools.addressesInUse.stored(key, kept);
    pools.portsInUse.stored(key, nodePortsOf(now));
    if (before === undefined) return;
    const ports = now?.metadata.uid === before.metadata.uid ? nodePortsOf(now) : [];
    for (const port of nodePortsOf(before)) if (!ports.includes(port)) portKeys?.give(port, before.metadata.uid ?? '');
    const owner = ownerOf(before);
    for (const address of addressesOf(before).map(canonical)) if (!kept.includes(address)) objects.give(address, owner);
  });

  return {
    async begin(object, previous, isDryRun) {
      const next = object as unknown as Mutable<Service>;
      const old = previous as Service | undefined;
      next.spec ??= {};
      if (old?.spec !== undefined) {
        dropUnneeded(next.spec, old.spec);
        keepAllocated(next.spec, old.spec);
      }
      alignAddresses(next.spec, old?.spec);
      refuse(next, fillFamilies(next.spec, old?.spec, families));
      await Promise.all([objects.settled(), portKeys?.settled()]);
      const open = openRanges(defaults, ranges.list());
      return allocate({ next, old, isDryRun }, { ...pools, ranges: open }, objects, portKeys);
    },
  };
}

interface Write {
  readonly next: Mutable<Service>;
  readonly old: Service | undefined;
  readonly isDryRun: boolean;
}

/** Claims what the Service needs and makes the objects for it; all of that is undone if the write comes to nothing. */
async function allocate(
  write: Write,
  pools: AddressPools & PortPools,
  objects: AddressObjects,
  keys: PortKeys | undefined,
): Promise<Lease> {
  const { next, old, isDryRun } = write;
  const owner = ownerOf(next);
  const claimant = {};
  const taken: string[] = [];
  const ports: number[] = [];
  const lease: Lease = {
    end(isStored) {
      // Of what is stored the caches will tell at once, and take the claims over.
      if (isStored && !isDryRun) return;
      pools.addressesInUse.release(claimant);
      pools.portsInUse.release(claimant);
      for (const address of taken) objects.give(address, owner);
      for (const port of ports) keys?.give(port, next.metadata.uid ?? '');
    },
  };
  try {
    const { clusterIP, clusterIPs } = next.spec ?? {};
    for (let attempt = 1; ; attempt++) {
      const { causes, addresses } = allocateAddresses(next.spec ?? {}, old?.spec ?? {}, pools, claimant);
      refuse(next, causes);
      if (isDryRun || !owner.name) break; // without a name validation fails
      const lost = await takeAll(addresses, owner, objects, taken);
      if (lost === undefined) break;
      // Another server was faster. An address that nobody asked for by name may be any other one.
      if (lost.isAsked || attempt === mostAttempts) {
        const why = `Invalid value: ${JSON.stringify(clusterIPs ?? [])}: failed to allocate IP ${lost.address}: provided IP is already allocated`;
        refuse(next, [{ reason: 'FieldValueInvalid', field: 'spec.clusterIPs', message: why }]);
      }
      Object.assign(next.spec!, { clusterIP, clusterIPs });
      for (const address of taken.splice(0)) objects.give(address, owner);
    }
    await allocateAllPorts(write, pools, claimant, isDryRun ? undefined : keys, ports);
    return lease;
  } catch (error) {
    lease.end(false);
    throw error;
  }
}
const mostAttempts = 8;

/** Claims ports, and their keys: `ports` are those whose key was made for this Service. */
async function allocateAllPorts(
  { next, old }: Write,
  pools: PortPools,
  claimant: object,
  keys: PortKeys | undefined,
  ports: number[],
): Promise<void> {
  const asked = structuredClone(next.spec);
  const isAsked = new Set(nodePortsOf({ ...next, spec: asked } as Service));
  const had = new Set(nodePortsOf(old));
  for (let attempt = 1; ; attempt++) {
    refuse(next, allocatePorts(next, old, pools, claimant));
    let lost: number | undefined;
    for (const port of nodePortsOf(next as Service)) {
      if (keys === undefined || had.has(port) || ports.includes(port)) continue;
      if (await keys.take(port, next.metadata.uid ?? '')) ports.push(port);
      else lost ??= port;
    }
    if (lost === undefined) return;
    // Another server was faster: it stays claimed here until this write is over, so that another one is picked.
    if (isAsked.has(lost) || attempt === mostAttempts) refuse(next, [lostPort(next, lost)]);
    restorePorts(next.spec!, asked!, lost);
  }
}

function lostPort({ spec }: Mutable<Service>, port: number): StatusCause {
  const index = (spec?.ports ?? []).findIndex(({ nodePort }) => nodePort === port);
  const why = 'provided port is already allocated';
  if (index !== -1) return invalidValue(`spec.ports[${index}].nodePort`, port, why);
  return invalidValue(
    'spec.healthCheckNodePort',
    port,
    `failed to allocate requested HealthCheck NodePort ${port}: ${why}`,
  );
}

/** What was picked and lost is to be picked again. */
function restorePorts(spec: Mutable<ServiceSpec>, asked: Mutable<ServiceSpec>, lost: number): void {
  for (const [i, port] of (spec.ports ?? []).entries()) {
    if (port.nodePort === lost && !asked.ports?.[i]?.nodePort) delete port.nodePort;
  }
  if (spec.healthCheckNodePort === lost && !asked.healthCheckNodePort) delete spec.healthCheckNodePort;
}

/** @returns the first that somebody else has */
async function takeAll(
  addresses: readonly GivenAddress[],
  owner: Owner,
  objects: AddressObjects,
  taken: string[],
): Promise<GivenAddress | undefined> {
  for (const given of addresses) {
    if (taken.includes(given.address)) continue;
    if (!(await objects.take(given.address, owner))) return given;
    taken.push(given.address);
  }
  return undefined;
}

function refuse({ metadata }: Mutable<Service>, causes: readonly StatusCause[]): void {
  if (causes.length > 0) throw invalid({ group: '', kind: 'Service' }, metadata.name, causes);
}

function ownerOf({
  metadata,
}: {
  readonly metadata: { readonly name?: string; readonly namespace?: string | undefined };
}): Owner {
  return { namespace: metadata.namespace ?? '', name: metadata.name ?? '' };
}

/** As IPAddresses are named. */
function canonical(address: string): string {
  const ip = parseIp(address);
  return ip === undefined ? address : formatIp(ip);
}

/** @throws {TypeError} */
export function parseRanges(text: string): readonly Cidr[] {
  return text.split(',').map((one) => {
    const cidr = parseCidr(one.trim());
    if (cidr === undefined)
      throw new TypeError(`Cannot allocate Service addresses as ${JSON.stringify(one)} is no range`);
    return cidr;
  });
}
