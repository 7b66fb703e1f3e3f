// Which API servers serve one store: each keeps a key of its own alive, and what has expired is gone.
// Rule: the lease reconciler of kube-apiserver, which understands these keys, as we do its own.
import { encodeForStore } from '#lib/api/json/encode.ts';
import { typeOfKind } from '#lib/api/schema.ts';
import type { Endpoints } from '#lib/api/types/core.v1.ts';
import type { Store } from '../../store/store.ts';
import { masterLeases } from '../registry/layout/kinds.ts';

export interface ServerLeases {
  /** Says for a while that this server lives. @returns the addresses of all that do, in order */
  refresh(signal: AbortSignal): Promise<readonly string[]>;
  /** Takes this server off. @returns the others */
  remove(signal: AbortSignal): Promise<readonly string[]>;
  /** The addresses of all that live, in order. */
  living(signal: AbortSignal): Promise<readonly string[]>;
}

/** How often to refresh: the store forgets a key after 15 s. */
export const refreshMs = 10_000;

export function createServerLeases(store: Store, address: string): ServerLeases {
  const key = masterLeases + address;

  async function all(signal: AbortSignal): Promise<readonly string[]> {
    const { entries } = await store.list({ prefix: masterLeases }, signal);
    const addresses = entries.map(({ value }) => {
      const { subsets }: Endpoints = JSON.parse(Buffer.from(value).toString());
      return subsets?.[0]?.addresses?.[0]?.ip ?? [];
    });
    return [...new Set(addresses.flat())].sort();
  }

  return {
    async refresh(signal) {
      const value = leaseOf(address);
      let expected = (await store.get(key, signal))?.revision ?? 0;
      for (let attempt = 0; attempt < mostAttempts; attempt++) {
        const done = await store.commit({ key, expected, value }, signal);
        if (done.ok) break;
        expected = done.current?.revision ?? 0; // it has expired meanwhile, or a server of the same address wrote it
      }
      return all(signal);
    },
    async remove(signal) {
      const known = await store.get(key, signal);
      if (known !== undefined) await store.commit({ key, expected: known.revision }, signal);
      return all(signal);
    },
    living: all,
  };
}
const mostAttempts = 3;

function leaseOf(ip: string): Uint8Array {
  const object = { kind: 'Endpoints', apiVersion: 'v1', metadata: {}, subsets: [{ addresses: [{ ip }] }] };
  return encodeForStore(object, typeOfKind('', 'v1', 'Endpoints')!).bytes;
}
