import { isSame } from '#lib/api/kinds/equal.ts';
import { keyOf } from '#lib/api/resource.ts';
import { nodes as nodeResource, services as serviceResource } from '#lib/api/resources.ts';
import type { LoadBalancerStatus, Service } from '#lib/api/types/core.v1.ts';
import { referenceTo } from '#lib/client/events.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../controllers/shared/context.ts';
import { balancedNodes, cleanup, mayHaveBalancer, wantsBalancer } from './plan-service.ts';
import type { LoadBalancers } from './provider.ts';

/** Gives Services of type LoadBalancer one, and takes it away again. */
export async function runCloudServices(
  balancers: LoadBalancers,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  const { client, informers, events } = context;
  const services = informers.get(serviceResource);
  const nodes = informers.get(nodeResource);
  const queue = createQueue('service-controller', context, reconcile);
  const served = new Map<string, string>(); // by key: which nodes take the traffic; bounded by the Services
  const nodeNames = () =>
    balancedNodes(nodes.list())
      .map(({ metadata }) => metadata.name)
      .sort()
      .join();
  services.onChange((now, _before, key) => {
    if (now === undefined) served.delete(key);
    else queue.add(key);
  });
  nodes.onChange(() => {
    const names = nodeNames();
    for (const [key, before] of served) if (before !== names) queue.add(key);
  });
  await runWhenSynced(queue, [services, nodes], signal);

  async function reconcile(key: string, signal: AbortSignal): Promise<undefined> {
    const service = services.get(key);
    if (service === undefined) return;
    if (wantsBalancer(service)) await ensure(service, signal);
    else if (mayHaveBalancer(service)) await remove(service, signal);
  }

  async function ensure(service: Service, signal: AbortSignal): Promise<void> {
    const finalizers = service.metadata.finalizers ?? [];
    if (!finalizers.includes(cleanup)) {
      await hold(service, [...finalizers, cleanup], signal); // before there is anything that could be left behind
      return; // the change brings us back here
    }
    const key = keyOf(service);
    if (!served.has(key)) tell(service, 'Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer');
    const names = nodeNames();
    try {
      const status = await balancers.ensure(service, balancedNodes(nodes.list()), signal);
      await writeStatus(service, status, signal);
    } catch (error) {
      if (!signal.aborted)
        tell(service, 'Warning', 'SyncLoadBalancerFailed', `Error syncing load balancer: ${String(error)}`);
      throw error;
    }
    if (!served.has(key)) tell(service, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer');
    else if (served.get(key) !== names)
      tell(service, 'Normal', 'UpdatedLoadBalancer', 'Updated load balancer with new hosts');
    served.set(key, names);
  }

  async function remove(service: Service, signal: AbortSignal): Promise<void> {
    tell(service, 'Normal', 'DeletingLoadBalancer', 'Deleting load balancer');
    await balancers.remove(service, signal);
    served.delete(keyOf(service));
    await writeStatus(service, {}, signal);
    const others = (service.metadata.finalizers ?? []).filter((name) => name !== cleanup);
    await hold(service, others, signal);
    tell(service, 'Normal', 'DeletedLoadBalancer', 'Deleted load balancer');
  }

  async function hold(service: Service, finalizers: readonly string[], signal: AbortSignal): Promise<void> {
    const { namespace, name, uid } = service.metadata;
    const body = { metadata: { uid, finalizers } };
    await client.patch(serviceResource, { namespace, name }, { type: 'merge', body }, signal, {
      subresource: 'status',
    });
  }

  async function writeStatus(service: Service, loadBalancer: LoadBalancerStatus, signal: AbortSignal): Promise<void> {
    if (isSame(service.status?.loadBalancer ?? {}, loadBalancer)) return;
    const { namespace, name } = service.metadata;
    const ingress = loadBalancer.ingress ?? null;
    const body = { status: { loadBalancer: { ingress } } };
    await client.patch(serviceResource, { namespace, name }, { type: 'merge', body }, signal, {
      subresource: 'status',
    });
  }

  function tell(service: Service, type: 'Normal' | 'Warning', reason: string, message: string): void {
    events.record(referenceTo(serviceResource, service), type, reason, message);
  }
}
