import { isSame } from '#lib/api/kinds/equal.ts';
import { keyOf } from '#lib/api/resource.ts';
import {
  endpointSlices,
  nodes as nodeResource,
  pods as podResource,
  services as serviceResource,
} from '#lib/api/resources.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { referenceTo } from '#lib/client/events.ts';
import { hasReason } from '#lib/errors.ts';
import { indexes } from '../informers.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { isOfDyingNamespace } from '../shared/dying-namespace.ts';
import { serviceNameLabel } from '../shared/endpoints.ts';
import { Expectations } from '../shared/expectations.ts';
import { selectedPods, watchSelectedPods } from '../shared/services.ts';
import { managedBy, managedByLabel } from './distribute.ts';
import { createHintsTeller } from './hints-events.ts';
import { createSliceMetrics, servicesBySpread } from './metrics.ts';
import { planSlices } from './plan.ts';
import { wantsZoneHints, zoneLabel } from './zone-hints.ts';
import { placeOf, zoneShares } from './zone-shares.ts';

/** Keeps the EndpointSlices of each Service that has a selector. */
export async function runEndpointSlices(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers, events, clock, metrics } = context;
  const services = informers.get(serviceResource);
  const pods = informers.get(podResource);
  const nodes = informers.get(nodeResource);
  const slices = informers.get(endpointSlices);
  const expectations = new Expectations();
  const counts = createSliceMetrics(metrics, subsystem);
  const syncs = metrics.counter(`${subsystem}_syncs`, 'Rounds for Services, by how they went.', ['result']);
  const changedSlices = metrics.histogram(
    `${subsystem}_endpointslices_changed_per_sync`,
    'Slices written in a round.',
    ['topology', 'traffic_distribution'],
    standardBuckets,
  );
  metrics.gaugeFrom(
    `${subsystem}_services_count_by_traffic_distribution`,
    'Services that ask for a way of spreading their traffic.',
    ['traffic_distribution'],
    () => servicesBySpread(services.list()),
  );
  const queue = createQueue('endpointslice-controller', context, reconcile);
  const hints = createHintsTeller(events);
  const hinted = new Set<string>(); // Services that want hints
  let shares: ReadonlyMap<string, number> | undefined;
  let areSharesStale = true;

  services.onChange((now, _before, key) => {
    if (now !== undefined && wantsZoneHints(now)) hinted.add(key);
    else hinted.delete(key);
    queue.add(key);
  });
  watchSelectedPods(pods, services, (key) => queue.add(key));
  nodes.onChange((now, before) => {
    if (!isSame(placeOf(now), placeOf(before))) {
      areSharesStale = true;
      for (const key of hinted) queue.add(key);
    }
    if (before === undefined || now?.metadata.labels?.[zoneLabel] === before.metadata.labels?.[zoneLabel]) return;
    for (const service of services.list()) queue.add(keyOf(service));
  });
  slices.onChange((now, before) => {
    const slice = (now ?? before)!;
    const name = slice.metadata.labels?.[serviceNameLabel];
    if (name === undefined || slice.metadata.labels?.[managedByLabel] !== managedBy) return;
    const key = `${slice.metadata.namespace}/${name}`;
    if (before === undefined) expectations.created(key);
    queue.add(key);
  });
  await runWhenSynced(queue, [services, pods, nodes, slices], signal);

  async function reconcile(key: string, signal: AbortSignal): Promise<number | undefined> {
    const service = services.get(key);
    if (service === undefined) {
      expectations.forget(key);
      hints.forget(key);
      counts.forget(key);
      return undefined; // its slices go with it: they are owned
    }
    if (service.metadata.deletionTimestamp !== undefined || !expectations.areMet(key, clock.now())) return undefined;
    if (service.spec?.type === 'ExternalName' || !service.spec?.selector) return undefined;
    if (areSharesStale && hinted.has(key)) {
      shares = zoneShares(nodes.list());
      areSharesStale = false;
    }
    const before = slicesOf(service.metadata.namespace ?? '', service.metadata.name);
    const plan = planSlices({
      service,
      pods: selectedPods(service, pods),
      nodeOf: ({ spec }) => nodes.get(spec.nodeName ?? ''),
      slices: before,
      shares,
    });
    hints.tell(service, plan.hints);
    try {
      expectations.expect(key, plan.create.length, [], clock.now());
      for (const slice of plan.create) await create(key, slice, signal);
      for (const slice of plan.update) await client.update(endpointSlices, slice, signal);
      for (const slice of plan.remove) await remove(slice, signal);
    } catch (error) {
      if (isOfDyingNamespace(error)) return undefined;
      syncs.add([hasReason(error, 'Conflict') ? 'stale' : 'error']);
      if (!hasReason(error, 'Conflict', 'NotFound')) {
        const message = `Error updating Endpoint Slices for Service ${key}: ${(error as Error).message}`;
        events.record(referenceTo(serviceResource, service), 'Warning', 'FailedToUpdateEndpointSlices', message);
      }
      throw error;
    }
    counts.synced(key, before, plan);
    syncs.add(['success']);
    const changed = plan.create.length + plan.update.length + plan.remove.length;
    const topology = plan.hints === undefined ? 'Disabled' : 'Auto';
    changedSlices.observe([topology, service.spec?.trafficDistribution ?? ''], changed);
    return undefined;
  }

  function slicesOf(namespace: string, name: string): readonly EndpointSlice[] {
    return slices.byIndex(indexes.namespace, namespace).filter(({ metadata: { labels } }) => {
      return labels?.[serviceNameLabel] === name && labels[managedByLabel] === managedBy;
    });
  }

  async function create(key: string, slice: EndpointSlice, signal: AbortSignal): Promise<void> {
    try {
      await client.create(endpointSlices, slice, signal);
    } catch (error) {
      expectations.forget(key);
      throw error;
    }
  }

  async function remove({ metadata }: EndpointSlice, signal: AbortSignal): Promise<void> {
    const { namespace, name, uid } = metadata;
    await client.delete(endpointSlices, { namespace, name }, signal, { preconditions: { uid } }).catch((error) => {
      if (!hasReason(error, 'NotFound')) throw error;
    });
  }
}
const subsystem = 'endpoint_slice_controller';
const standardBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
