// An IPAddress for each address of a Service: no two servers on one store can give the same one away.
import { ipAddresses } from '#lib/api/resources.ts';
import { StatusError } from '#lib/api/status.ts';
import type { IPAddress } from '#lib/api/types/networking.v1.ts';
import { familyOf } from '#lib/ip.ts';
import type { Registry, Verb } from '../registry/registry.ts';

/** The Service that an address belongs to. */
export interface Owner {
  readonly namespace: string;
  readonly name: string;
}

export interface AddressObjects {
  /** @returns false if there is one of that name already */
  take(address: string, owner: Owner): Promise<boolean>;
  /** Deletes it in the background, if it is the owner's. */
  give(address: string, owner: Owner): void;
  /** Settles when what was given back is free. */
  settled(): Promise<unknown>;
}

/** Rule: ipallocator createIPAddress. */
export function createAddressObjects(registry: Pick<Registry, 'resource' | 'reader'>): AddressObjects {
  const going = new Set<Promise<void>>(); // bounded by the requests under way

  async function call(verb: Verb, name: string | undefined, body?: object): Promise<void> {
    const store = registry.resource(ipAddresses.group, ipAddresses.version, ipAddresses.plural);
    await store?.serve({
      verb,
      name,
      user: { name: 'system:apiserver', groups: ['system:masters'] },
      query: new URLSearchParams(),
      body: body === undefined ? nothing : Buffer.from(JSON.stringify(body)),
      contentType: 'application/json',
      form: { encoding: 'json', as: 'object', metaVersion: 'v1' },
      userAgent: 'kube-apiserver',
      signal: AbortSignal.timeout(timeoutMs),
    });
  }

  async function remove(address: string, owner: Owner): Promise<void> {
    const known = registry.reader(ipAddresses).get(address);
    if (known !== undefined && !isOf(known, owner)) return;
    try {
      await call('delete', address);
    } catch {
      // Gone already; else the repair finds it without a Service.
    }
  }

  return {
    async take(address, owner) {
      try {
        await call('create', undefined, addressObject(address, owner));
        return true;
      } catch (error) {
        if (error instanceof StatusError && error.reason === 'AlreadyExists') return false;
        throw error;
      }
    },
    give(address, owner) {
      const done = remove(address, owner).finally(() => going.delete(done));
      going.add(done);
    },
    settled: () => Promise.all(going),
  };
}
const nothing = new Uint8Array();
const timeoutMs = 10_000;

export const managedBy = { 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' } as const;

export function addressObject(address: string, { namespace, name }: Owner): object {
  const family = familyOf(address) === 6 ? 'IPv6' : 'IPv4';
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: { name: address, labels: { 'ipaddress.kubernetes.io/ip-family': family, ...managedBy } },
    spec: { parentRef: { group: '', resource: 'services', namespace, name } },
  };
}

export function isOf({ spec }: IPAddress, { namespace, name }: Owner): boolean {
  const { group = '', resource, namespace: inside, name: called } = spec?.parentRef ?? {};
  return group === '' && resource === 'services' && inside === namespace && called === name;
}
