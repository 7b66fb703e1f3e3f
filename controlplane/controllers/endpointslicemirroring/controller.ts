import { endpointSlices, endpoints as endpointsResource, services as serviceResource } from '#lib/api/resources.ts';
import type { Endpoints } from '#lib/api/types/core.v1.ts';
import { referenceTo } from '#lib/client/events.ts';
import { hasReason } from '#lib/errors.ts';
import { createSliceMetrics } from '../endpointslice/metrics.ts';
import { indexes } from '../informers.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { serviceNameLabel } from '../shared/endpoints.ts';
import { Expectations } from '../shared/expectations.ts';
import { isMirrored, type MirrorPlan, managedBy, managedByLabel, mostAddresses, planMirror } from './plan.ts';

/** Shows Endpoints that people wrote for a Service without selector as EndpointSlices: proxies and DNS read only those. */
export async function runEndpointSliceMirroring(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers, events, clock, metrics } = context;
  const endpoints = informers.get(endpointsResource);
  const services = informers.get(serviceResource);
  const slices = informers.get(endpointSlices);
  const expectations = new Expectations();
  const counts = createSliceMetrics(metrics, subsystem);
  const skipped = metrics.histogram(`${subsystem}_addresses_skipped_per_sync`, 'Addresses left out.', [], powers(2));
  const updated = metrics.histogram(
    `${subsystem}_endpoints_updated_per_sync`,
    'Endpoints written anew.',
    [],
    powers(2),
  );
  const seconds = metrics.histogram(`${subsystem}_endpoints_sync_duration`, 'Seconds a round took.', [], powers(0.001));
  const queue = createQueue('endpointslicemirroring-controller', context, reconcile);

  endpoints.onChange((_now, _before, key) => queue.add(key));
  services.onChange((_now, _before, key) => queue.add(key));
  slices.onChange((now, before) => {
    const { metadata } = (now ?? before)!;
    if (metadata.labels?.[managedByLabel] !== managedBy) return;
    const key = `${metadata.namespace}/${metadata.labels[serviceNameLabel]}`;
    if (before === undefined) expectations.created(key);
    queue.add(key);
  });
  await runWhenSynced(queue, [endpoints, services, slices], signal);

  async function reconcile(key: string, signal: AbortSignal): Promise<undefined> {
    if (!expectations.areMet(key, clock.now())) return;
    const source = endpoints.get(key);
    const service = services.get(key);
    const [namespace = '', name = ''] = key.split('/');
    const own = slices
      .byIndex(indexes.namespace, namespace)
      .filter(
        ({ metadata: { labels } }) => labels?.[serviceNameLabel] === name && labels[managedByLabel] === managedBy,
      );
    // Endpoints that follow a selector have slices of their own.
    const isWanted = source !== undefined && service !== undefined && !service.spec?.selector && isMirrored(source);
    const plan = isWanted ? planMirror(source, own) : { ...nothing, remove: own };
    if (source !== undefined) tell(source, plan);
    const fromMs = clock.now();
    expectations.expect(key, plan.create.length, [], clock.now());
    try {
      for (const slice of plan.create) await client.create(endpointSlices, slice, signal);
    } catch (error) {
      expectations.forget(key);
      throw error;
    }
    for (const slice of plan.update) await client.update(endpointSlices, slice, signal);
    for (const { metadata } of plan.remove) {
      await client.delete(endpointSlices, { namespace, name: metadata.name }, signal).catch((error) => {
        if (!hasReason(error, 'NotFound')) throw error;
      });
    }
    if (isWanted) counts.synced(key, own, plan);
    else counts.forget(key);
    skipped.observe([], plan.invalid + plan.skipped);
    updated.observe(
      [],
      plan.update.reduce((sum, { endpoints }) => sum + (endpoints ?? []).length, 0),
    );
    seconds.observe([], (clock.now() - fromMs) / 1000);
  }

  function tell(source: Endpoints, { invalid, skipped }: MirrorPlan): void {
    const about = referenceTo(endpointsResource, source);
    if (invalid > 0) {
      const message = `Skipping ${invalid} invalid IP addresses when mirroring to EndpointSlices`;
      events.record(about, 'Warning', 'InvalidIPAddress', message);
    }
    if (skipped > 0) {
      const message = `A max of ${mostAddresses} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skipped} addresses were skipped`;
      events.record(about, 'Warning', 'TooManyAddressesToMirror', message);
    }
  }
}

const subsystem = 'endpoint_slice_mirroring_controller';

function powers(first: number): readonly number[] {
  return Array.from({ length: 15 }, (_, i) => first * 2 ** i);
}

const nothing: MirrorPlan = { create: [], update: [], remove: [], invalid: 0, skipped: 0 };
