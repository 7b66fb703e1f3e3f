// Endpoints and EndpointSlices: who makes them, for what, and what they say.
import { endpointSlices, endpoints, services } from '#lib/api/resources.ts';
import type { Endpoints, Pod } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { eventually } from '../../live/cluster.ts';
import { isGone, supportsOperations } from './support/api-operations.ts';
import { readyPod, web } from './support/pods.ts';
import { type Case, spec } from './support/spec.ts';

const serviceKey = 'kubernetes.io/service-name';

async function slicesOf(c: Case, service: string, namespace = c.namespace): Promise<readonly EndpointSlice[]> {
  const labelSelector = `${serviceKey}=${service}`;
  return (await c.client.list(endpointSlices, { namespace, labelSelector }, c.signal)).items;
}

const addressesOf = (slices: readonly EndpointSlice[]) =>
  slices.flatMap((slice) => (slice.endpoints ?? []).flatMap((one) => [...(one.addresses ?? [])])).sort();

spec(
  '[sig-network] API Server should have Endpoints and EndpointSlices pointing to API Server [Conformance]',
  async (c) => {
    const at = { namespace: 'default', name: 'kubernetes' };
    c.t.like(await c.client.get(services, at, c.signal), { metadata: at });
    const { subsets = [] } = await c.client.get(endpoints, at, c.signal);
    c.t.true(subsets.length > 0);
    const addresses = subsets.flatMap((one) => (one.addresses ?? []).map(({ ip }) => ip)).sort();
    const slices = await slicesOf(c, 'kubernetes', 'default');
    c.t.true(slices.length > 0);
    c.t.deepEqual(addressesOf(slices), addresses);
    for (const slice of slices) {
      c.t.deepEqual(
        slice.ports?.map(({ port }) => port),
        subsets[0]?.ports?.map(({ port }) => port),
      );
    }
  },
);

async function serviceWithoutPods(c: Case): Promise<void> {
  const ports = [{ name: 'example', port: 80, protocol: 'TCP' as const }];
  await c.create(services, { metadata: { name: 'empty' }, spec: { selector: { none: c.id }, ports } });
}

spec(
  '[sig-network] EndpointSlice should create and delete EndpointSlices for a Service with a selector that matches no pods [Conformance]',
  async (c) => {
    await serviceWithoutPods(c);
    const [slice] = await eventually('a slice', async () => {
      const slices = await slicesOf(c, 'empty');
      return slices.length > 0 && slices;
    });
    c.t.deepEqual(slice?.endpoints ?? [], []);
    c.t.is(slice?.metadata.labels?.['endpointslice.kubernetes.io/managed-by'], 'endpointslice-controller.k8s.io');
    c.t.like(slice?.metadata.ownerReferences?.[0], { kind: 'Service', name: 'empty' });
    await c.client.delete(services, c.at('empty'), c.signal);
    await eventually('no slices', async () => (await slicesOf(c, 'empty')).length === 0, 60_000);
  },
);

spec(
  '[sig-network] EndpointsController should create and delete Endpoints for a Service with a selector that matches no pods [Conformance]',
  async (c) => {
    await serviceWithoutPods(c);
    const made = await eventually('Endpoints', () => c.client.get(endpoints, c.at('empty'), c.signal));
    c.t.deepEqual(made.subsets ?? [], []);
    await c.client.delete(services, c.at('empty'), c.signal);
    await eventually('no Endpoints', () => isGone(c.client.get(endpoints, c.at('empty'), c.signal)), 60_000);
  },
);

interface Backends {
  readonly one: Pod;
  readonly two: Pod;
}

/** Two pods; Service `first` selects one of them by a port's name, `both` selects both by a port's number. */
async function servicesForPods(c: Case): Promise<Backends> {
  const container = (port: number) => web(port, '$(hostname)', { ports: [{ name: 'example', containerPort: port }] });
  const [one, two] = await Promise.all([
    readyPod(c, 'pod1', { labels: { all: c.id, number: 'one' }, containers: [container(3000)] }),
    readyPod(c, 'pod2', { labels: { all: c.id, number: 'two' }, containers: [container(3001)] }),
  ]);
  const create = (name: string, selector: Readonly<Record<string, string>>, targetPort: number | string) => {
    const ports = [{ name: 'example', port: 80, targetPort, protocol: 'TCP' as const }];
    const wish = { selector, ports, publishNotReadyAddresses: true };
    return c.create(services, { metadata: { name }, spec: wish });
  };
  await create('first', { all: c.id, number: 'one' }, 3000);
  await create('both', { all: c.id }, 'example');
  return { one, two };
}

spec(
  '[sig-network] EndpointSlice should create Endpoints and EndpointSlices for Pods matching a Service [Conformance]',
  async (c) => {
    const { one, two } = await servicesForPods(c);
    const ips = [one, two].map(({ status }) => status.podIP!).sort();
    const [slice] = await eventually('the slice of one pod', async () => {
      const slices = await slicesOf(c, 'first');
      return addressesOf(slices).length === 1 && slices;
    });
    c.t.deepEqual(addressesOf([slice!]), [one.status.podIP!]);
    const [endpoint] = slice?.endpoints ?? [];
    c.t.like(endpoint?.targetRef, { kind: 'Pod', name: 'pod1', namespace: c.namespace, uid: one.metadata.uid });
    c.t.is(endpoint?.nodeName, one.spec.nodeName);
    c.t.true(endpoint?.conditions?.ready);
    c.t.like(slice?.ports?.[0], { name: 'example', port: 3000, protocol: 'TCP' });

    const both = await eventually('the slices of both', async () => {
      const slices = await slicesOf(c, 'both');
      return addressesOf(slices).length === 2 && slices;
    });
    c.t.deepEqual(addressesOf(both), ips);
    c.t.is(both.length, 2, 'one for each port that the name stands for');
    c.t.deepEqual(both.map(({ ports }) => ports?.[0]?.port).sort(), [3000, 3001]);
  },
);

const isTold = ({ subsets = [] }: Endpoints, count: number) =>
  subsets.flatMap(({ addresses = [] }) => addresses).length === count;

spec(
  '[sig-network] EndpointsController should create Endpoints for Pods matching a Service [Conformance]',
  async (c) => {
    const { one, two } = await servicesForPods(c);
    const first = await c.when(endpoints, 'first', 'one address', (is) => isTold(is, 1));
    c.t.like(first.subsets?.[0], {
      addresses: [{ ip: one.status.podIP, nodeName: one.spec.nodeName, targetRef: { kind: 'Pod', name: 'pod1' } }],
      ports: [{ name: 'example', port: 3000, protocol: 'TCP' }],
    } as never);
    const both = await c.when(endpoints, 'both', 'two addresses', (is) => isTold(is, 2));
    const pairs = (both.subsets ?? []).flatMap(({ addresses = [], ports = [] }) =>
      addresses.flatMap(({ ip }) => ports.map(({ port }) => `${ip}:${port}`)),
    );
    c.t.deepEqual(pairs.sort(), [`${one.status.podIP}:3000`, `${two.status.podIP}:3001`].sort());
  },
);

spec('[sig-network] EndpointSlice should support creating EndpointSlice API operations [Conformance]', async (c) => {
  await supportsOperations(c, endpointSlices, {
    draft: (index) => ({
      metadata: {},
      addressType: 'IPv4' as const,
      endpoints: [{ addresses: [`10.1.2.${index}`] }],
      ports: [],
    }),
  });
});

spec(
  '[sig-network] EndpointSliceMirroring should mirror a custom Endpoints resource through create update and delete [Conformance]',
  async (c) => {
    const { t, client, signal } = c;
    await c.create(services, { metadata: { name: 'own' }, spec: { ports: [{ name: 'example', port: 80 }] } });
    const ports = [{ name: 'example', port: 80, protocol: 'TCP' as const }];
    const subset = (...ips: string[]) => [{ ports, addresses: ips.map((ip) => ({ ip })) }];
    await c.create(endpoints, { metadata: { name: 'own' }, subsets: subset('10.1.2.3') });
    const mirrored = (what: string, ips: readonly string[]) =>
      eventually(what, async () => {
        const slices = await slicesOf(c, 'own');
        return addressesOf(slices).join() === ips.join() && slices;
      });
    const [slice] = await mirrored('a mirror', ['10.1.2.3']);
    t.like(slice?.ports?.[0], { name: 'example', port: 80, protocol: 'TCP' });
    t.is(
      slice?.metadata.labels?.['endpointslice.kubernetes.io/managed-by'],
      'endpointslicemirroring-controller.k8s.io',
    );

    const now = await client.get(endpoints, c.at('own'), signal);
    await client.update(endpoints, { ...now, subsets: subset('10.2.3.4') }, signal);
    await mirrored('the mirror of an update', ['10.2.3.4']);
    await client.delete(endpoints, c.at('own'), signal);
    await eventually('no mirror', async () => (await slicesOf(c, 'own')).length === 0);
  },
);
