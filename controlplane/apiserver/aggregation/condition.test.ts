import test from 'ava';
import type { APIService } from '#lib/api/types/apiregistration.v1.ts';
import type { Service } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { passed, problemOf, withVerdict } from './condition.ts';

const object: APIService = {
  metadata: { name: 'v1.x.example.com' },
  spec: { service: { name: 's', namespace: 'n' }, groupPriorityMinimum: 1, versionPriority: 1 },
  status: {},
};
const service: Service = {
  metadata: { name: 's', namespace: 'n' },
  spec: { ports: [{ port: 443, name: 'https' }] },
  status: {},
};
const slice: EndpointSlice = {
  metadata: { name: 's-1', labels: { 'kubernetes.io/service-name': 's' } },
  addressType: 'IPv4',
  endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true } }],
  ports: [{ name: 'https', port: 8443 }],
};

const problems = test.macro<[string | undefined, Service | undefined, readonly EndpointSlice[]]>({
  title: (title, reason) => `problemOf() is ${reason ?? 'nothing'}: ${title}`,
  exec: (t, reason, ...facts) => t.is(problemOf(object, ...facts)?.reason, reason),
});
test('all is there', problems, undefined, service, [slice]);
test('no Service', problems, 'ServiceNotFound', undefined, [slice]);
test('another port', problems, 'ServicePortError', { ...service, spec: { ports: [{ port: 80 }] } }, [slice]);
test('no slice', problems, 'EndpointsNotFound', service, []);
test('nothing ready', problems, 'MissingEndpoints', service, [
  { ...slice, endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: false } }] },
]);
test('elsewhere', problems, undefined, { ...service, spec: { type: 'ExternalName', externalName: 'x' } }, []);

test('withVerdict() leaves alone what stands there, and keeps since when', (t) => {
  const first = withVerdict([], passed, 'then');
  t.deepEqual(first, [{ type: 'Available', ...passed, lastTransitionTime: 'then' }]);
  t.is(withVerdict(first, passed, 'now'), first);
  const again = withVerdict(first, { ...passed, message: 'still' }, 'now');
  t.is(again[0]?.lastTransitionTime, 'then');
  const worse = withVerdict(first, { status: 'False', reason: 'R', message: 'm' }, 'now');
  t.is(worse[0]?.lastTransitionTime, 'now');
});
