import test from 'ava';
import type { Endpoints, Pod, Service } from '#lib/api/types/core.v1.ts';
import { planEndpoints } from './plan.ts';

const service = (spec: object = {}, metadata: object = {}) =>
  ({
    metadata: { name: 's', namespace: 'n', ...metadata },
    spec: { clusterIP: '10.96.0.9', ports: [{ name: 'http', port: 80, targetPort: 'web', protocol: 'TCP' }], ...spec },
  }) as unknown as Service;
const pod = (name: string, podIP: string, isReady = true, port = 8080) =>
  ({
    metadata: { name, namespace: 'n', uid: name },
    spec: {
      nodeName: 'a',
      containers: [{ name: 'c', ports: [{ name: 'web', containerPort: port, protocol: 'TCP' }] }],
    },
    status: {
      phase: 'Running',
      podIP,
      podIPs: [{ ip: podIP }],
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
    },
  }) as unknown as Pod;
const shown = ({ subsets = [] }: Endpoints) =>
  subsets.map(({ addresses = [], notReadyAddresses = [], ports = [] }) => [
    addresses.map(({ ip }) => ip).join(),
    notReadyAddresses.map(({ ip }) => ip).join(),
    ports.map(({ name = '', port }) => `${name}:${port}`).join(),
  ]);

test('planEndpoints() sorts addresses by whether they are ready', (t) => {
  const pods = [pod('b', '192.0.2.2'), pod('a', '192.0.2.1'), pod('c', '192.0.2.3', false)];
  t.deepEqual(shown(planEndpoints(service(), pods, undefined)), [['192.0.2.1,192.0.2.2', '192.0.2.3', 'http:8080']]);
});

test('planEndpoints() takes who is not ready for ready where that is wished', (t) => {
  const all = service({ publishNotReadyAddresses: true });
  t.deepEqual(shown(planEndpoints(all, [pod('c', '192.0.2.3', false)], undefined)), [['192.0.2.3', '', 'http:8080']]);
});

test('planEndpoints() makes a subset for each set of ports', (t) => {
  const pods = [pod('a', '192.0.2.1'), pod('b', '192.0.2.2', true, 9090)];
  t.deepEqual(shown(planEndpoints(service(), pods, undefined)), [
    ['192.0.2.1', '', 'http:8080'],
    ['192.0.2.2', '', 'http:9090'],
  ]);
});

test('planEndpoints() names a headless Service as such, and needs no ports for it', (t) => {
  const headless = service({ clusterIP: 'None', ports: [] }, { labels: { a: 'b' } });
  const plan = planEndpoints(headless, [pod('a', '192.0.2.1')], undefined);
  t.deepEqual(shown(plan), [['192.0.2.1', '', '']]);
  t.deepEqual(plan.metadata.labels, {
    a: 'b',
    'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
    'service.kubernetes.io/headless': '',
  });
});

test('planEndpoints() shows a thousand addresses, and says that there are more', (t) => {
  const mark = 'endpoints.kubernetes.io/over-capacity';
  const many = Array.from({ length: 1001 }, (_, i) => pod(`p${i}`, `198.51.${i >> 8}.${i & 255}`));
  const plan = planEndpoints(service(), many, undefined);
  t.is(plan.subsets?.[0]?.addresses?.length, 1000);
  t.is(plan.metadata.annotations?.[mark], 'truncated');
  t.is(planEndpoints(service(), many.slice(0, 3), plan).metadata.annotations?.[mark], undefined);
});

test('planEndpoints() leaves out of too many those that are not ready', (t) => {
  const many = Array.from({ length: 1001 }, (_, i) => pod(`p${i}`, `198.51.${i >> 8}.${i & 255}`, i !== 5));
  const [{ addresses = [], notReadyAddresses = [] } = {}] = planEndpoints(service(), many, undefined).subsets ?? [];
  t.deepEqual([addresses.length, notReadyAddresses.length], [1000, 0]);
});

test('planEndpoints() shows addresses of the first family of the Service', (t) => {
  const both = (name: string, ...ips: readonly string[]) => {
    const one = pod(name, ips[0]!);
    return { ...one, status: { ...one.status, podIPs: ips.map((ip) => ({ ip })) } } as Pod;
  };
  const pods = [both('a', '192.0.2.1', '2001:db8::1'), both('b', '192.0.2.2')];
  const sixth = service({ ipFamilies: ['IPv6', 'IPv4'] });
  t.deepEqual(shown(planEndpoints(sixth, pods, undefined)), [['2001:db8::1', '', 'http:8080']]);
});
