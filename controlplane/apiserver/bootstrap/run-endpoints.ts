import type { Clock } from '#lib/clock.ts';
import type { Store } from '../../store/store.ts';
import { type EndpointFacts, wantedEndpoints } from './objects.ts';
import { type BootstrapOptions, ensureAll } from './reconcile.ts';
import { createServerLeases, refreshMs } from './server-leases.ts';

export interface EndpointsOptions extends Omit<BootstrapOptions, 'facts'> {
  readonly store: Store;
  readonly clock: Clock;
  facts(): EndpointFacts;
}

/** Keeps the endpoints of the Service `kubernetes` those of the servers that live, until `signal` is aborted. */
export async function runEndpoints(options: EndpointsOptions, signal: AbortSignal): Promise<void> {
  const { store, clock, log, facts } = options;
  while (!signal.aborted) {
    let pauseMs = refreshMs;
    try {
      const { advertiseAddress } = facts();
      const serverAddresses = await createServerLeases(store, advertiseAddress).refresh(signal);
      if (serverAddresses.length > 0) await ensure(options, serverAddresses, signal);
    } catch (error) {
      pauseMs = againMs; // another failure of ten seconds, and a server that lives would be taken for lost
      if (!signal.aborted) log.warn('Could not refresh the endpoints of the API servers', { err: error });
    }
    await clock.sleep(pauseMs, signal).catch(() => {}); // only the end of the server aborts it
  }
}
const againMs = 1_000;

/** This server ends: clients find the others from now on. */
export async function leaveEndpoints(options: EndpointsOptions, signal: AbortSignal): Promise<void> {
  try {
    const others = await createServerLeases(options.store, options.facts().advertiseAddress).remove(signal);
    if (others.length > 0) await ensure(options, others, signal);
  } catch (error) {
    options.log.warn('Could not leave the endpoints of the API servers', { err: error });
  }
}

async function ensure(options: EndpointsOptions, serverAddresses: readonly string[], signal: AbortSignal) {
  await ensureAll(wantedEndpoints({ ...options.facts(), serverAddresses }), options, signal);
}
