// Gives a Service an address of each family it has. Pure but for the claims it makes.
// Rule: service alloc.go, allocClusterIPs; ipallocator.
import { invalidValue } from '#lib/api/field-errors.ts';
import type { Mutable } from '#lib/api/kinds/object.ts';
import { failure } from '#lib/api/status.ts';
import type { Service, ServiceSpec } from '#lib/api/types/core.v1.ts';
import type { StatusCause } from '#lib/api/types/meta.v1.ts';
import { type Cidr, formatCidr, formatIp, type Ip, parseIp } from '#lib/ip.ts';
import { isUsable, pickAddress } from './pick-address.ts';
import { ofFamily, rangeOf } from './ranges.ts';
import { needsAddress } from './transitions.ts';
import type { Usage } from './usage.ts';

export interface AddressPools {
  /** Those open for new addresses, of all families. */
  readonly ranges: readonly Cidr[];
  readonly addressesInUse: Usage<string>;
  random(): number;
}

export interface GivenAddresses {
  readonly causes: readonly StatusCause[];
  /** What was claimed. */
  readonly addresses: readonly GivenAddress[];
}

export interface GivenAddress {
  readonly address: string;
  readonly isAsked: boolean;
}

/** @throws {StatusError} InternalError if every range of a family is full */
export function allocateAddresses(
  spec: Mutable<ServiceSpec>,
  old: ServiceSpec,
  pools: AddressPools,
  owner: object,
): GivenAddresses {
  if (!needsAddress(spec) || spec.clusterIP === 'None' || spec.clusterIPs?.[0] === 'None') return nothing;
  const mine = new Set(addressesOfSpec(old));
  const asked = spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : []);
  const families = spec.ipFamilies ?? [];
  const addresses: GivenAddress[] = [];
  const next: string[] = [];
  for (const [i, family] of families.entries()) {
    const wish = asked[i];
    if (wish) {
      next.push(wish);
      const ip = parseIp(wish);
      if (ip === undefined || mine.has(wish)) continue; // what is no address is the validation's to refuse
      const address = formatIp(ip);
      const wrong = claim(address, ip, pools, owner);
      if (wrong !== undefined) {
        const why = `failed to allocate IP ${wish}: ${wrong}`;
        return { causes: [invalidValue('spec.clusterIPs', asked, why)], addresses };
      }
      addresses.push({ address, isAsked: true });
      continue;
    }
    const address = pickAmong(ofFamily(pools.ranges, family === 'IPv6' ? 6 : 4), pools);
    if (address === undefined) {
      throw failure('InternalError', 'Internal error occurred: failed to allocate a serviceIP: range is full');
    }
    pools.addressesInUse.claim(address, owner);
    addresses.push({ address, isAsked: false });
    next.push(address);
  }
  // More than there are families stays as it was sent: validation says so.
  spec.clusterIPs = [...next, ...asked.slice(families.length)];
  if (spec.clusterIPs[0]) spec.clusterIP = spec.clusterIPs[0];
  return { causes: [], addresses };
}
const nothing: GivenAddresses = { causes: [], addresses: [] };

/** Every address of the cluster that a Service has. */
export function addressesOf(service: Service | undefined): readonly string[] {
  return addressesOfSpec(service?.spec ?? {});
}

function addressesOfSpec({ clusterIP = '', clusterIPs = [] }: ServiceSpec): readonly string[] {
  return [...new Set([clusterIP, ...clusterIPs])].filter((ip) => ip !== '' && ip !== 'None');
}

/** @returns why it cannot be had */
function claim(address: string, ip: Ip, { ranges, addressesInUse }: AddressPools, owner: object): string | undefined {
  const range = rangeOf(ranges, ip);
  if (range === undefined) return 'the provided network does not match the current range';
  if (!isUsable(range, ip)) {
    return `the provided IP (${address}) is not in the valid range. The range of valid IPs is ${formatCidr(range)}`;
  }
  return addressesInUse.claim(address, owner) ? undefined : 'provided IP is already allocated';
}

function pickAmong(ranges: readonly Cidr[], { addressesInUse, random }: AddressPools): string | undefined {
  for (const range of ranges) {
    const address = pickAddress(range, addressesInUse.isTaken, random);
    if (address !== undefined) return address;
  }
  return undefined;
}
