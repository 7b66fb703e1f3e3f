// The ranges and the addresses of Services as objects.
import { ipAddresses, serviceCIDRs } from '#lib/api/resources.ts';
import type { ServiceCIDR } from '#lib/api/types/networking.v1.ts';
import { eventually } from '../../live/cluster.ts';
import { discovers, isGone, supportsOperations } from './support/api-operations.ts';
import { spec } from './support/spec.ts';

spec('[sig-network] ServiceCIDR and IPAddress API should support IPAddress API operations [Conformance]', async (c) => {
  const third = Number.parseInt(c.id.slice(0, 2), 16);
  const parentRef = { group: '', resource: 'services', namespace: c.namespace, name: 'none' };
  await supportsOperations(c, ipAddresses, {
    draft: (index) => ({ metadata: { name: `192.168.${third}.${index}` }, spec: { parentRef } }),
  });
});

spec(
  '[sig-network] ServiceCIDR and IPAddress API should support ServiceCIDR API operations [Conformance]',
  async (c) => {
    const { t, client, signal } = c;
    await discovers(c, serviceCIDRs, ['status']);
    const name = 'kubernetes';
    const range = await c.when(serviceCIDRs, name, 'to be ready and held', isReadyAndHeld);
    t.true((range.spec.cidrs ?? []).length > 0);
    const path = `/apis/networking.k8s.io/v1/servicecidrs/${name}/status`;
    const status = (await client.raw('GET', path, signal)) as ServiceCIDR;
    t.like(status, { apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR' });
    t.is(status.metadata.uid, range.metadata.uid);
    const list = await client.list(serviceCIDRs, {}, signal);
    t.truthy(list.items.find(({ metadata }) => metadata.name === name));
    for await (const event of client.watch(
      serviceCIDRs,
      { resourceVersion: '0' }, // what there is, and then what comes
      AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
    )) {
      t.is(event.object.metadata.name, name);
      break;
    }

    // Its other verbs, on one of the test's own.
    const third = Number.parseInt(c.id.slice(0, 2), 16);
    const own = { name: `modern-${c.id}` };
    c.defer(() => client.delete(serviceCIDRs, own, AbortSignal.timeout(30_000)));
    await client.create(
      serviceCIDRs,
      { metadata: own, spec: { cidrs: [`192.0.2.${third & 0xf0}/28`] }, status: {} },
      signal,
    );
    await c.when(serviceCIDRs, own.name, 'to be ready and held', isReadyAndHeld);
    const body = { metadata: { annotations: { patched: 'true' } } };
    const patched = await client.patch(serviceCIDRs, own, { type: 'merge', body }, signal);
    t.is(patched.metadata.annotations?.['patched'], 'true');
    await client.delete(serviceCIDRs, own, signal);
    await eventually('the range to go', () => isGone(client.get(serviceCIDRs, own, signal)));
  },
);

function isReadyAndHeld({ metadata, status }: ServiceCIDR): boolean {
  const isReady = status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
  return isReady && (metadata.finalizers ?? []).includes('networking.k8s.io/service-cidr-finalizer');
}
