import type { KubeObject, Resource } from '#lib/api/resource.ts';
import { endpointSlices, endpoints, services } from '#lib/api/resources.ts';
import type { Clock } from '#lib/clock.ts';
import type { Store } from '../../store/store.ts';
import { type BootstrapFacts, type EndpointFacts, wantedEndpoints, wantedKubernetes } from './objects.ts';
import { type BootstrapOptions, ensureAll } from './reconcile.ts';
import { createServerLeases, refreshMs } from './server-leases.ts';

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
      const serverAddresses = (await leases?.refresh(signal)) ?? [advertiseAddress];
      if (serverAddresses.length > 0) await ensure(options, serverAddresses, signal);
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

/** This server ends: clients find the others from now on. */
export async function leaveEndpoints(options: EndpointsOptions, signal: AbortSignal): Promise<void> {
  const { store } = options;
  if (store === undefined) return;
  try {
    const others = await createServerLeases(store, options.facts().advertiseAddress).remove(signal);
    if (others.length > 0) await ensure(options, others, signal);
  } catch (error) {
    options.log.warn('Could not leave the endpoints of the API servers', { err: error });
  }
}

async function ensure(options: EndpointsOptions, serverAddresses: readonly string[], signal: AbortSignal) {
  const facts = { ...options.facts(), serverAddresses };
  await ensureAll([{ ...wantedKubernetes(facts), existing: 'keep' }], options, signal); // made anew; what it says is for the start
  await ensureAll(wantedEndpoints(facts), options, signal);
}
