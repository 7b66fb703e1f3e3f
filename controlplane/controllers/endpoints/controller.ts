import { isSame } from '#lib/api/kinds/equal.ts';
import { splitKey } from '#lib/api/resource.ts';
import { pods as podResource, endpoints as resource, services as serviceResource } from '#lib/api/resources.ts';
import type { Endpoints } from '#lib/api/types/core.v1.ts';
import { referenceTo } from '#lib/client/events.ts';
import { hasReason } from '#lib/errors.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { isOfDyingNamespace } from '../shared/dying-namespace.ts';
import { selectedPods, watchSelectedPods } from '../shared/services.ts';
import { planEndpoints } from './plan.ts';

/** Keeps an Endpoints object for each Service that has a selector. */
export async function runEndpoints(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers, events } = context;
  const services = informers.get(serviceResource);
  const pods = informers.get(podResource);
  const endpoints = informers.get(resource);
  const queue = createQueue('endpoint-controller', context, reconcile);

  services.onChange((_now, _before, key) => queue.add(key));
  endpoints.onChange((_now, _before, key) => queue.add(key));
  watchSelectedPods(pods, services, (key) => queue.add(key));
  await runWhenSynced(queue, [services, pods, endpoints], signal);

  async function reconcile(key: string, signal: AbortSignal): Promise<number | undefined> {
    const service = services.get(key);
    const before = endpoints.get(key);
    if (service === undefined) {
      if (before?.metadata.labels?.['endpoints.kubernetes.io/managed-by'] !== 'endpoint-controller') return undefined;
      await client.delete(resource, splitKey(key), signal).catch((error) => {
        if (!hasReason(error, 'NotFound')) throw error;
      });
      return undefined;
    }
    if (!service.spec?.selector || service.spec.type === 'ExternalName') return undefined;
    if (service.metadata.deletionTimestamp !== undefined) return undefined;
    const wanted = planEndpoints(service, selectedPods(service, pods), before);
    if (before === undefined) {
      await client.create(resource, wanted, signal).catch((error) => {
        if (hasReason(error, 'AlreadyExists') || isOfDyingNamespace(error)) return; // seen soon, or never wanted
        tell(wanted, 'FailedToCreateEndpoint', `Failed to create endpoint for service ${key}: ${error.message}`);
        throw error;
      });
    } else if (
      !isSame(before.subsets, wanted.subsets) ||
      !isSame(before.metadata.labels, wanted.metadata.labels) ||
      !isSame(before.metadata.annotations, wanted.metadata.annotations)
    ) {
      await client.update(resource, wanted, signal).catch((error) => {
        if (!hasReason(error, 'Conflict'))
          tell(wanted, 'FailedToUpdateEndpoint', `Failed to update endpoint ${key}: ${error.message}`);
        throw error;
      });
    }
    return undefined;
  }

  function tell(about: Endpoints, reason: string, message: string): void {
    events.record(referenceTo(resource, about), 'Warning', reason, message);
  }
}
