import type { KubeObject, Resource } from '#lib/api/resource.ts';
import { endpointSlices, endpoints, services } from '#lib/api/resources.ts';
import type { Clock } from '#lib/clock.ts';
import type { Store } from '../../store/store.ts';
import { type BootstrapFacts, type EndpointFacts, wantedEndpoints, wantedKubernetes } from './objects.ts';
import { type BootstrapOptions, ensureAll } from './reconcile.ts';
import { createServerLeases, refreshMs, type ServerLeases } from './server-leases.ts';

export interface EndpointsOptions extends Omit<BootstrapOptions, 'facts'> {
  /** What several servers share; undefined: this one is alone. */
  readonly store: Store | undefined;
  readonly clock: Clock;
  facts(): EndpointFacts & Pick<BootstrapFacts, 'serviceAddress'>;
}

/**
 * Keeps the Service `kubernetes`, and as its endpoints the servers that live, until `signal` is aborted. Who deletes one of them has
 * it back at once. Rule: kube-apiserver, kubernetesservice controller.
 */
export async function runEndpoints(options: EndpointsOptions, signal: AbortSignal): Promise<void> {
  const { store, clock, log, facts } = options;
  let bell = Promise.withResolvers<void>();
  const stops = watched.map((resource) =>
    options.registry.reader(resource).onChange((now, before) => {
      if (now === undefined && before !== undefined && isOurs(before)) bell.resolve();
    }),
  );
  while (!signal.aborted) {
    let pauseMs = refreshMs;
    bell = Promise.withResolvers();
    try {
      const { advertiseAddress } = facts();
      const leases = store && createServerLeases(store, advertiseAddress);
      if (leases === undefined) await ensure(options, [advertiseAddress], signal);
      else await settle(options, leases, await leases.refresh(signal), signal);
    } catch (error) {
      pauseMs = againMs; // another failure of ten seconds, and a server that lives would be taken for lost
      if (!signal.aborted) log.warn('Could not refresh the endpoints of the API servers', { err: error });
    }
    await pause(pauseMs, bell.promise, clock, signal);
  }
  for (const stop of stops) stop();
}
const watched = [services, endpoints, endpointSlices] as readonly Resource<KubeObject>[];
const againMs = 1_000;

function isOurs({ metadata }: KubeObject): boolean {
  return metadata.namespace === 'default' && metadata.name === 'kubernetes';
}

/** Until so much time has passed, or until the bell rings: but not at once, as others may be about to delete more. */
async function pause(ms: number, bell: Promise<void>, clock: Clock, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const rung = bell.then(() => clock.sleep(togetherMs, until));
  await Promise.race([clock.sleep(ms, until), rung]).catch(() => {}); // only the end of the server aborts it
  over.abort();
  rung.catch(() => {});
}
const togetherMs = 100;

/** This server ends: clients find the others from now on. After `runEndpoints` has ended, which would put it back. */
export async function leaveEndpoints(options: EndpointsOptions, signal: AbortSignal): Promise<void> {
  const { store } = options;
  if (store === undefined) return;
  try {
    const leases = createServerLeases(store, options.facts().advertiseAddress);
    await settle(options, leases, await leases.remove(signal), signal);
  } catch (error) {
    options.log.warn('Could not leave the endpoints of the API servers', { err: error });
  }
}

/**
 * Writes the endpoints until they are those of the servers that live: others write them, too, and one that found out who
 * lives before a server left may write after it.
 */
async function settle(
  options: EndpointsOptions,
  leases: Pick<ServerLeases, 'living'>,
  known: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  let addresses = known;
  for (let attempt = 0; attempt < mostAttempts && addresses.length > 0; attempt++) {
    const isContended = await ensure({ ...options, asksStore: true }, addresses, signal);
    const living = await leases.living(signal);
    if (!isContended && living.join() === addresses.join()) return;
    addresses = living;
  }
}
const mostAttempts = 5;

async function ensure(options: EndpointsOptions, serverAddresses: readonly string[], signal: AbortSignal) {
  const facts = { ...options.facts(), serverAddresses };
  await ensureAll([{ ...wantedKubernetes(facts), existing: 'keep' }], options, signal); // made anew; what it says is for the start
  return ensureAll(wantedEndpoints(facts), options, signal);
}
