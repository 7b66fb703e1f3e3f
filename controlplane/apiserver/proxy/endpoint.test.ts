import test from 'ava';
import type { Service } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { endpointOf } from './endpoint.ts';

const service: Service = {
  metadata: { name: 's', namespace: 'n' },
  spec: {
    ports: [
      { name: 'web', port: 80 },
      { name: 'metrics', port: 90 },
    ],
  },
  status: {},
};
const labels = { 'kubernetes.io/service-name': 's' };
const slices: readonly EndpointSlice[] = [
  {
    metadata: { name: 's-1', namespace: 'n', labels },
    addressType: 'IPv4',
    endpoints: [
      { addresses: ['10.0.0.1'], conditions: { ready: false } },
      { addresses: ['10.0.0.2'], conditions: { ready: true } },
      { addresses: ['10.0.0.3'] },
    ],
    ports: [{ name: 'web', port: 8080 }],
  },
  {
    metadata: { name: 't-1', namespace: 'n', labels: { 'kubernetes.io/service-name': 't' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.4'] }],
    ports: [{ name: 'web', port: 8080 }],
  },
];
const registry = { reader: () => ({ list: () => slices }) } as never;

test('endpointOf() takes any that is ready, of this Service, by the name or the number of a port', (t) => {
  for (const port of ['web', '80']) {
    const found = new Set(Array.from({ length: 100 }, () => JSON.stringify(endpointOf(service, port, registry))));
    t.deepEqual([...found].sort(), ['{"host":"10.0.0.2","port":8080}', '{"host":"10.0.0.3","port":8080}']);
  }
});

test('endpointOf() takes the only port of a Service unasked', (t) => {
  const single = { ...service, spec: { ports: [{ name: 'web', port: 80 }] } };
  t.is(endpointOf(single, '', registry).port, 8080);
  t.throws(() => endpointOf(service, '', registry), { message: 'no service port "" found for service "s"' });
});

test('endpointOf() says that nobody is there', (t) => {
  t.throws(() => endpointOf(service, 'metrics', registry), { message: 'no endpoints available for service "s"' });
  t.throws(() => endpointOf(service, '91', registry), { message: 'no service port "91" found for service "s"' });
});
