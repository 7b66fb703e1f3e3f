import type { Mutable } from '#lib/api/kinds/object.ts';
import { services } from '#lib/api/resources.ts';
import { invalid } from '#lib/api/status.ts';
import type { Service } from '#lib/api/types/core.v1.ts';
import { parseCidr } from '#lib/ip.ts';
import type { Registry } from '../registry/registry.ts';
import type { Hooks } from '../registry/served.ts';
import { addressesOf, allocate, nodePortsOf, type Pools } from './allocate.ts';
import { alignAddresses, fillFamilies } from './families.ts';
import { dropUnneeded, keepAllocated } from './transitions.ts';
import { createUsage } from './usage.ts';

export interface ServiceHooksOptions {
  /** Addresses of Services: `10.96.0.0/12`. */
  readonly range: string;
  /** 30000-32767 if absent. */
  readonly nodePorts?: { readonly first: number; readonly last: number };
  readonly random?: () => number;
}

/**
 * Allocates cluster addresses and node ports as Services are written. What is taken follows from what is stored, so that
 * nothing can leak; requests under way claim theirs first, so that no two get the same.
 */
export function createServiceHooks(
  registry: Registry,
  { range, nodePorts = { first: 30_000, last: 32_767 }, random = Math.random }: ServiceHooksOptions,
): Hooks {
  const cidr = parseCidr(range);
  if (cidr === undefined)
    throw new TypeError(`Cannot allocate Service addresses as ${JSON.stringify(range)} is no range`);
  const pools: Pools = {
    range: cidr,
    ports: { first: nodePorts.first, size: nodePorts.last - nodePorts.first + 1 },
    addressesInUse: createUsage<string>(),
    portsInUse: createUsage<number>(),
    random,
  };
  registry.reader(services).onChange((now, _before, key) => {
    pools.addressesInUse.stored(key, addressesOf(now));
    pools.portsInUse.stored(key, nodePortsOf(now));
  });

  return {
    begin(object, previous, isDryRun) {
      const next = object as unknown as Mutable<Service>;
      const old = previous as Service | undefined;
      next.spec ??= {};
      if (old?.spec !== undefined) {
        dropUnneeded(next.spec, old.spec);
        keepAllocated(next.spec, old.spec);
      }
      alignAddresses(next.spec, old?.spec);
      const owner = {};
      const release = (): void => {
        pools.addressesInUse.release(owner);
        pools.portsInUse.release(owner);
      };
      const family = cidr.family === 4 ? 'IPv4' : 'IPv6';
      const causes = [...fillFamilies(next.spec, family), ...allocate(next, old, pools, owner)];
      if (causes.length > 0) {
        release();
        throw invalid({ group: '', kind: 'Service' }, next.metadata.name, causes);
      }
      return {
        end(isStored) {
          // Of what is stored the cache will tell at once, and takes the claims over.
          if (!isStored || isDryRun) release();
        },
      };
    },
  };
}
