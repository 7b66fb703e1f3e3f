import { keyOf } from '#lib/api/resource.ts';
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
  readonly facts: BootstrapFacts;
  readonly log: Log;
}

/** Makes what every cluster must have. Reads from the caches, writes only what lacks: nothing at most starts. One that fails is logged. */
export async function bootstrap({ facts, ...options }: BootstrapOptions, signal: AbortSignal): Promise<void> {
  await ensureAll(wantedNamespaces(), options, signal);
  await ensureAll(wantedObjects(facts), options, signal);
}

export async function ensureAll(
  all: readonly Wanted[],
  { registry, client, log }: Omit<BootstrapOptions, 'facts'>,
  signal: AbortSignal,
): Promise<void> {
  async function ensure(wanted: Wanted): Promise<void> {
    const step = planObject(wanted, registry.reader(wanted.resource).get(keyOf(wanted.object)));
    if (step.do === 'nothing') return;
    log.debug('Bootstrapped object', { do: step.do, kind: wanted.resource.kind, object: keyOf(wanted.object) });
    try {
      if (step.do === 'create') await client.create(wanted.resource, step.object, signal);
      else await client.update(wanted.resource, step.object, signal);
    } catch (error) {
      if (hasReason(error, 'AlreadyExists', 'Conflict')) return; // another server did it first
      signal.throwIfAborted();
      log.error('Could not bootstrap object', { kind: wanted.resource.kind, object: keyOf(wanted.object), err: error });
    }
  }
  await Promise.all(all.map(ensure));
}
