import { readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import type { Service } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { exampleEndpoint, examplePort, exampleService, exampleSlice } from '../example.ts';
import { ObjectSet } from '../object-set.ts';
import { planService } from '../plan.ts';
import { planBaseObjects } from './base.ts';
import type { Objects } from './objects.ts';
import { planObjects } from './plan.ts';
import { renderObjects } from './render.ts';

function golden(t: { is(actual: unknown, expected: unknown): unknown }, name: string, objects: Objects): void {
  const changes = [...objects].map(([id, text]) => ({ id, text, isThere: false }));
  const file = new URL(`../testdata/nftables-${name}.txt`, import.meta.url);
  const text = renderObjects(changes, 4, false);
  if (process.env['UPDATE']) writeFileSync(file, text);
  t.is(text, readFileSync(file, 'utf8'));
}

const facts = { clusterCidr: '10.244.0.0/16', ownAddresses: new Set(['10.96.0.10']) };
const planned = test.macro<[string, Service, readonly EndpointSlice[]]>({
  title: (_title, name) => `planObjects() gives the golden objects: ${name}`,
  exec: (t, name, service, slices) => {
    golden(t, name, planObjects(planService(service, slices, { nodeName: 'node-1' }, 4), facts));
  },
});
const two = [exampleSlice('web', [exampleEndpoint('10.244.0.5', 'node-1'), exampleEndpoint('10.244.1.6')])];
const nodePort = { type: 'NodePort', ports: [examplePort({ nodePort: 30080 })] } as const;
test(planned, 'cluster-ip', exampleService('web'), two);
test(planned, 'node-port', exampleService('web', nodePort), two);
test(planned, 'no-endpoints', exampleService('web', nodePort), []);
test(planned, 'affinity', exampleService('web', { sessionAffinity: 'ClientIP' }), two);
test(
  planned,
  'load-balancer-local',
  exampleService(
    'web',
    {
      ...nodePort,
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      loadBalancerSourceRanges: ['198.51.100.0/24'],
    },
    { status: { loadBalancer: { ingress: [{ ip: '192.0.2.8' }] } } },
  ),
  two,
);

test('planBaseObjects() gives the golden table', (t) => {
  const ranges = { serviceCidrs: ['10.96.0.0/12'], clusterCidr: '10.244.0.0/16', podCidr: '10.244.0.0/24' };
  golden(t, 'base', planBaseObjects({ family: 4, ...ranges, nodeIps: ['172.18.0.2', '172.18.0.3'] }));
});

test('ObjectSet gives what two want to the first, and to the other once it goes', (t) => {
  const set = new ObjectSet();
  set.put('a', new Map([['element s x', '1']]));
  set.put('b', new Map([['element s x', '2']]));
  t.is(set.textOf('element s x'), '1');
  set.takeDirty();
  set.put('a', undefined);
  t.deepEqual([...set.takeDirty()], ['element s x']);
  t.is(set.textOf('element s x'), '2');
  set.put('b', undefined);
  t.deepEqual([...set.ids()], []);
});

test('ObjectSet marks nothing when the same is wanted again', (t) => {
  const set = new ObjectSet();
  set.put('a', new Map([['chain x', '\nreturn']]));
  set.takeDirty();
  set.put('a', new Map([['chain x', '\nreturn']]));
  t.is(set.takeDirty().size, 0);
});
