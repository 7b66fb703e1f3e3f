// What was asked for, as the API acknowledged it, and read back each time: what it took must be there, whoever died since.
import { setTimeout as delay } from 'node:timers/promises';
import { isSame } from '#lib/api/kinds/equal.ts';
import type { Draft, KubeObject, Resource } from '#lib/api/resource.ts';
import type { DeleteOptions } from '#lib/api/types/meta.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { hasReason } from '#lib/errors.ts';
import type { Broken } from './judge/history.ts';
import { lostWishes, type Wish } from './judge/wanted.ts';

export interface Writer {
  create<T extends KubeObject>(resource: Resource<T>, object: Draft<T>): Promise<void>;
  patch<T extends KubeObject>(resource: Resource<T>, name: string, body: object): Promise<void>;
  remove<T extends KubeObject>(resource: Resource<T>, name: string, options?: Partial<DeleteOptions>): Promise<void>;
  /** Somebody else makes it again from now on. */
  forget<T extends KubeObject>(resource: Resource<T>, name: string): void;
  /** What was acknowledged and is not there. Asks the API. */
  check(): Promise<readonly Broken[]>;
  /** What the reads that followed the writes missed. */
  readonly broken: readonly Broken[];
}

/** Calls that go on until the server took them; where an answer was lost they look whether it did. */
export function createWriter(client: Client, namespace: string, signal: AbortSignal): Writer {
  const wishes = new Map<string, { readonly wish: Wish; readonly resource: Resource<KubeObject> }>();
  const broken: Broken[] = [];

  async function settle(resource: Resource<KubeObject>, wish: Wish, call: () => Promise<unknown>): Promise<void> {
    for (let i = 0; i < 600; i++) {
      const isTaken = await attempt(call);
      const left = lostWishes([{ wish, found: await read(resource, wish.name) }]);
      if (isTaken) broken.push(...left);
      if (isTaken || left.length === 0) {
        wishes.set(`${resource.plural}/${wish.name}`, { wish, resource });
        return;
      }
      await delay(250, undefined, { signal });
    }
    throw new Error('The server did not come back');
  }

  async function read(resource: Resource<KubeObject>, name: string): Promise<KubeObject | undefined> {
    const at = { name, ...(resource.isNamespaced ? { namespace } : {}) };
    for (let i = 0; i < 600; i++) {
      try {
        return await client.get(resource, at, limited());
      } catch (error) {
        if (hasReason(error, 'NotFound')) return undefined;
        if (!mayRetry(error)) throw error;
        await delay(100, undefined, { signal });
      }
    }
    throw new Error('The server did not come back');
  }

  /** @returns whether the server said that it did so */
  async function attempt(call: () => Promise<unknown>): Promise<boolean> {
    try {
      await call();
      return true;
    } catch (error) {
      // AlreadyExists and NotFound: an attempt before was taken, and its answer lost. That shows when it is read.
      if (mayRetry(error) || hasReason(error, 'AlreadyExists', 'NotFound')) return false;
      throw error;
    }
  }

  /** A server that was killed gives no answer, and no end either. */
  function limited(): AbortSignal {
    signal.throwIfAborted();
    return AbortSignal.any([signal, AbortSignal.timeout(10_000)]);
  }

  function mayRetry(error: unknown): boolean {
    return !signal.aborted && (hasReason(error, ...passing) || (error as Error).name === 'TimeoutError');
  }

  const at = (resource: Resource<KubeObject>, name: string) => ({
    name,
    ...(resource.isNamespaced ? { namespace } : {}),
  });
  return {
    broken,
    create(resource, object) {
      const wish: Wish = { kind: resource.kind, name: object.metadata.name!, spec: (object as { spec?: object }).spec };
      return settle(resource as never, wish, () => client.create(resource, object, limited()));
    },
    patch(resource, name, body) {
      const before = wishes.get(`${resource.plural}/${name}`)?.wish.spec;
      const wish: Wish = { kind: resource.kind, name, spec: merged(before, (body as { spec?: object }).spec) };
      const patch = { type: 'strategic', body } as const;
      return settle(resource as never, wish, () =>
        client.patch(resource, at(resource as never, name), patch, limited()),
      );
    },
    remove(resource, name, options) {
      const wish: Wish = { kind: resource.kind, name, spec: undefined, isGone: true };
      const own = resource as unknown as Resource<KubeObject>;
      return settle(own, wish, () => client.delete(resource, at(own, name), limited(), options));
    },
    forget: (resource, name) => void wishes.delete(`${resource.plural}/${name}`),
    async check() {
      const all = [...wishes.values()];
      const found = await Promise.all(
        all.map(async ({ wish, resource }) => ({ wish, found: await read(resource, wish.name) })),
      );
      return lostWishes(found, true);
    },
  };
}

const passing = [
  'ServiceUnavailable',
  'Conflict',
  'TooManyRequests',
  'Timeout',
  'ServerTimeout',
  'InternalError',
] as const;

/** What a strategic patch makes of plain fields; lists are replaced here, which the test's own patches allow. */
function merged(before: unknown, change: unknown): object | undefined {
  if (!isMap(before) || !isMap(change) || isSame(before, change)) return change as object;
  const keys = new Set([...Object.keys(before), ...Object.keys(change)]);
  return Object.fromEntries(
    [...keys].map((key) => [key, key in change ? merged(before[key], change[key]) : before[key]]),
  );
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
