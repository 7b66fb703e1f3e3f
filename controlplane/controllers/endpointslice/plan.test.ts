import test from 'ava';
import type { Pod, Service } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { planEndpoints } from '../endpoints/plan.ts';
import { planSlices } from './plan.ts';

const service: Service = {
  metadata: { name: 'web', namespace: 'default', uid: 's', labels: { app: 'web' } },
  spec: {
    selector: { app: 'web' },
    clusterIP: '10.96.0.9',
    ipFamilies: ['IPv4'],
    ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
  },
  status: {},
};
const nodeOf = () => undefined;

test('planSlices() makes one empty slice where there is no endpoint', (t) => {
  const { create } = planSlices({ service, pods: [], nodeOf, slices: [] });
  t.is(create.length, 1);
  t.like(create[0], { addressType: 'IPv4', endpoints: [], ports: [] });
  t.like(create[0]!.metadata.labels, {
    'kubernetes.io/service-name': 'web',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    app: 'web',
  });
});

test('planSlices() gives the empty slice to the first endpoints', (t) => {
  const empty = stored(planSlices({ service, pods: [], nodeOf, slices: [] }).create);
  const plan = planSlices({ service, pods: [pod(1)], nodeOf, slices: empty });
  t.deepEqual([plan.create.length, plan.update.length, plan.remove.length], [0, 1, 0]);
  t.like(plan.update[0], { metadata: { name: 'web-0', resourceVersion: '7' }, ports: [{ name: 'http', port: 8080 }] });
  t.deepEqual(plan.update[0]!.endpoints, [
    {
      addresses: ['10.244.0.1'],
      conditions: { ready: true, serving: true, terminating: false },
      targetRef: { kind: 'Pod', namespace: 'default', name: 'p1', uid: 'u1' },
      nodeName: 'n1',
    },
  ]);
});

test('planSlices() says for whom an endpoint is the nearest, where that is wanted', (t) => {
  const zoned = { metadata: { name: 'n1', labels: { 'topology.kubernetes.io/zone': 'a' } }, spec: {}, status: {} };
  const hints = (trafficDistribution?: string) => {
    const wishing = { ...service, spec: { ...service.spec, trafficDistribution } };
    return planSlices({ service: wishing, pods: [pod(1)], nodeOf: () => zoned, slices: [] }).create[0]!.endpoints![0]!
      .hints;
  };
  t.is(hints(), undefined);
  t.deepEqual(hints('PreferClose'), { forZones: [{ name: 'a' }] });
  t.deepEqual(hints('PreferSameZone'), { forZones: [{ name: 'a' }] });
  t.deepEqual(hints('PreferSameNode'), { forZones: [{ name: 'a' }], forNodes: [{ name: 'n1' }] });
});

test('planSlices() gives endpoints to zones by their CPU, where that is wanted, and says why not', (t) => {
  const zoned = { metadata: { name: 'n1', labels: { 'topology.kubernetes.io/zone': 'a' } }, spec: {}, status: {} };
  const annotations = { 'service.kubernetes.io/topology-mode': 'Auto' };
  const wishing = {
    metadata: { ...service.metadata, annotations },
    spec: { ...service.spec, trafficDistribution: 'PreferSameNode' }, // which then does not count
    status: {},
  };
  const facts = { service: wishing, nodeOf: () => zoned, slices: [] };
  const shares = new Map([
    ['a', 0.5],
    ['b', 0.5],
  ]);
  const two = planSlices({ ...facts, pods: [pod(1), pod(2), pod(3, { ready: false })], shares });
  const given = two.create[0]!.endpoints!.map(({ hints }) => hints);
  t.deepEqual(given, [{ forZones: [{ name: 'b' }] }, { forZones: [{ name: 'a' }] }, undefined]);
  t.deepEqual([...two.hints!], [['IPv4', undefined]]);
  const one = planSlices({ ...facts, pods: [pod(1)], shares });
  t.is(one.create[0]!.endpoints![0]!.hints, undefined);
  t.regex(one.hints!.get('IPv4')!, /Insufficient number of endpoints/);
});

test('planSlices() puts at most 100 endpoints into one slice and touches only what changes', (t) => {
  const pods = Array.from({ length: 150 }, (_, i) => pod(i + 1));
  const first = planSlices({ service, pods, nodeOf, slices: [] });
  t.deepEqual(
    first.create.map(({ endpoints }) => endpoints?.length),
    [100, 50],
  );
  const slices = stored(first.create);
  t.deepEqual(planSlices({ service, pods, nodeOf, slices }), { create: [], update: [], remove: [] });
  const less = planSlices({ service, pods: pods.slice(0, 149), nodeOf, slices });
  t.deepEqual(
    less.update.map(({ metadata, endpoints }) => [metadata.name, endpoints?.length]),
    [['web-1', 49]],
  );
  const half = planSlices({ service, pods: pods.slice(0, 100), nodeOf, slices });
  t.deepEqual([half.update.length, half.remove.map(({ metadata }) => metadata.name)], [0, ['web-1']]);
});

test('planSlices() shows a leaving pod as serving but not ready', (t) => {
  const leaving = { ...pod(1), metadata: { ...pod(1).metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
  const { create } = planSlices({ service, pods: [leaving], nodeOf, slices: [] });
  t.deepEqual(create[0]!.endpoints![0]!.conditions, { ready: false, serving: true, terminating: true });
});

test('planSlices() groups pods whose named ports differ', (t) => {
  const other = pod(2, { containerPort: 9090 });
  const { create } = planSlices({ service, pods: [pod(1), other], nodeOf, slices: [] });
  t.deepEqual(
    create.map(({ ports }) => ports?.map(({ port }) => port)),
    [[8080], [9090]],
  );
});

test('planEndpoints() tells ready from not ready, and leaves leaving pods out', (t) => {
  const leaving = { ...pod(3), metadata: { ...pod(3).metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
  const { subsets } = planEndpoints(service, [pod(2, { ready: false }), pod(1), leaving], undefined);
  t.is(subsets?.length, 1);
  t.deepEqual(
    subsets![0]!.addresses?.map(({ ip }) => ip),
    ['10.244.0.1'],
  );
  t.deepEqual(
    subsets![0]!.notReadyAddresses?.map(({ ip }) => ip),
    ['10.244.0.2'],
  );
  t.deepEqual(subsets![0]!.ports, [{ name: 'http', protocol: 'TCP', port: 8080 }]);
});

function pod(number: number, of: { readonly ready?: boolean; readonly containerPort?: number } = {}): Pod {
  return {
    metadata: { name: `p${number}`, namespace: 'default', uid: `u${number}`, labels: { app: 'web' } },
    spec: {
      nodeName: 'n1',
      containers: [{ name: 'c', ports: [{ name: 'http', containerPort: of.containerPort ?? 8080, protocol: 'TCP' }] }],
    },
    status: {
      phase: 'Running',
      podIP: `10.244.0.${number}`,
      podIPs: [{ ip: `10.244.0.${number}` }],
      conditions: [{ type: 'Ready', status: of.ready === false ? 'False' : 'True' }],
    },
  };
}

/** As the server would give them back. */
function stored(slices: readonly EndpointSlice[]): readonly EndpointSlice[] {
  return slices.map((slice, i) => ({
    ...slice,
    metadata: { ...slice.metadata, name: `web-${i}`, resourceVersion: '7' },
  }));
}
