import { type KubeObject, keyOf } from '#lib/api/resource.ts';
import type { Client } from '#lib/client/client.ts';
import { hasReason } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import type { Registry } from '../registry/registry.ts';
import { type BootstrapFacts, type Wanted, wantedNamespaces, wantedObjects } from './objects.ts';
import { planObject } from './plan.ts';

export interface BootstrapOptions {
  readonly registry: Pick<Registry, 'reader'>;
  /** Speaks as a member of system:masters. */
  readonly client: Client;
  /** Asks the store what is there, which others may just have written: the caches may not have heard of it yet. */
  readonly asksStore?: boolean;
  readonly facts: BootstrapFacts;
  readonly log: Log;
}

/** Makes what every cluster must have. Reads from the caches, writes only what lacks: nothing at most starts. One that fails is logged. */
export async function bootstrap({ facts, ...options }: BootstrapOptions, signal: AbortSignal): Promise<void> {
  await ensureAll(wantedNamespaces(), options, signal);
  await ensureAll(wantedObjects(facts), options, signal);
}

/** What fails is logged. @returns whether another server wrote one of them at the same time: that may not be what is wanted */
export async function ensureAll(
  all: readonly Wanted[],
  { registry, client, asksStore = false, log }: Omit<BootstrapOptions, 'facts'>,
  signal: AbortSignal,
): Promise<boolean> {
  async function stored({ resource, object }: Wanted): Promise<KubeObject | undefined> {
    if (!asksStore) return registry.reader(resource).get(keyOf(object));
    const { namespace, name = '' } = object.metadata;
    try {
      return await client.get(resource, { namespace, name }, signal);
    } catch (error) {
      if (hasReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }
  async function ensure(wanted: Wanted): Promise<boolean> {
    const step = planObject(wanted, await stored(wanted));
    if (step.do === 'nothing') return false;
    log.debug('Bootstrapped object', { do: step.do, kind: wanted.resource.kind, object: keyOf(wanted.object) });
    try {
      if (step.do === 'create') await client.create(wanted.resource, step.object, signal);
      else await client.update(wanted.resource, step.object, signal);
    } catch (error) {
      if (hasReason(error, 'AlreadyExists', 'Conflict')) return true;
      signal.throwIfAborted();
      log.error('Could not bootstrap object', { kind: wanted.resource.kind, object: keyOf(wanted.object), err: error });
    }
    return false;
  }
  return (await Promise.all(all.map(ensure))).some(Boolean);
}
