import { ipAddresses, serviceCIDRs } from '#lib/api/resources.ts';
import { timestamp } from '#lib/api/timestamp.ts';
import type { ServiceCIDR } from '#lib/api/types/networking.v1.ts';
import { conditionOf, withCondition } from '../shared/conditions.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { mayGo, readyCondition } from './plan.ts';

/** Reports ranges of Services ready, and holds those that are to go for as long as an address is out of them. */
export async function runServiceCidrs(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers, clock } = context;
  const ranges = informers.get(serviceCIDRs);
  const queue = createQueue('service-cidrs-controller', context, reconcile);
  ranges.onChange((_now, _before, key) => queue.add(key));
  await runWhenSynced(queue, [ranges], signal);

  async function reconcile(key: string, signal: AbortSignal): Promise<number | undefined> {
    const range = ranges.get(key);
    if (range === undefined) return undefined;
    if (range.metadata.deletionTimestamp !== undefined) return letGo(range, signal);
    if (!(range.metadata.finalizers ?? []).includes(finalizer)) {
      await setFinalizers(range, [...(range.metadata.finalizers ?? []), finalizer], signal);
      return undefined; // the change brings us back
    }
    await report(range, true, signal);
    return undefined;
  }

  async function letGo(range: ServiceCIDR, signal: AbortSignal): Promise<number | undefined> {
    const held = range.metadata.finalizers ?? [];
    if (!held.includes(finalizer)) return undefined;
    // Asked for only now: nobody else here needs to know every address.
    const labelSelector = 'ipaddress.kubernetes.io/managed-by=ipallocator.k8s.io';
    const { items } = await client.list(ipAddresses, { labelSelector }, signal);
    const names = items.map(({ metadata }) => metadata.name);
    if (!mayGo(range, [...ranges.list()], names)) {
      await report(range, false, signal);
      return againMs;
    }
    // Requests under way may still take an address out of it.
    const leftMs = Date.parse(range.metadata.deletionTimestamp!) + graceMs - clock.now();
    if (leftMs > 0) return leftMs;
    await setFinalizers(
      range,
      held.filter((one) => one !== finalizer),
      signal,
    );
    return undefined;
  }

  async function setFinalizers(range: ServiceCIDR, finalizers: readonly string[], signal: AbortSignal): Promise<void> {
    await client.update(serviceCIDRs, { ...range, metadata: { ...range.metadata, finalizers } }, signal);
  }

  async function report(range: ServiceCIDR, isReady: boolean, signal: AbortSignal): Promise<void> {
    const next = readyCondition(isReady, timestamp(clock.now()));
    const now = conditionOf(range.status?.conditions, 'Ready');
    // The default range says so in words of its own.
    if (now?.status === next.status && now.reason === next.reason) return;
    const conditions = withCondition(range.status?.conditions, next);
    await client.update(serviceCIDRs, { ...range, status: { conditions } }, signal, { subresource: 'status' });
  }
}
const finalizer = 'networking.k8s.io/service-cidr-finalizer';
const graceMs = 10_000;
const againMs = 2000;
