import test from 'ava';
import { clusterRoles } from '#lib/api/resources.ts';
import type { ClusterRole } from '#lib/api/types/rbac.v1.ts';
import { type BootstrapFacts, type Wanted, wantedNamespaces, wantedObjects } from './objects.ts';
import { planObject } from './plan.ts';
import { rule } from './rule.ts';

const facts: BootstrapFacts = {
  advertiseAddress: '192.0.2.1',
  securePort: 6443,
  serviceAddress: '10.96.0.1',
  dnsAddress: '10.96.0.10',
  clientCa: 'a',
  frontProxyCa: 'b',
  joining: {
    server: 'https://192.0.2.1:6443',
    settings: {
      clusterCIDR: '10.244.0.0/16',
      serviceClusterIPRange: '10.96.0.0/12',
      clusterDNS: '10.96.0.10',
      clusterDomain: 'cluster.local',
    },
    tokens: [{ id: 'abcdef', secret: '0123456789abcdef' }],
  },
};
const role: Wanted = {
  resource: clusterRoles,
  object: { metadata: { name: 'a' }, rules: [rule('get list', 'core', 'pods')] },
  existing: 'extend',
};

test('planObject() creates what is missing and leaves alone what is there', (t) => {
  for (const wanted of [...wantedNamespaces(), ...wantedObjects(facts)]) {
    t.is(planObject(wanted, undefined).do, 'create');
    t.is(planObject(wanted, wanted.object).do, 'nothing', wanted.object.metadata.name);
  }
});

test('planObject() adds lacking rules, keeps added ones, and obeys the autoupdate annotation', (t) => {
  const found: ClusterRole = {
    metadata: { name: 'a' },
    rules: [rule('get', 'core', 'pods'), rule('get', 'apps', 'x')],
  };
  const step = planObject(role, found);
  t.deepEqual(step.do === 'update' && (step.object as ClusterRole).rules, [
    ...found.rules!,
    rule('list', 'core', 'pods'),
  ]);
  const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'false' };
  t.is(planObject(role, { ...found, metadata: { name: 'a', annotations } }).do, 'nothing');
});

test('planObject() follows a new address of the server', (t) => {
  const old = wantedObjects(facts).find(({ object }) => object['subsets'] !== undefined)!;
  const now = wantedObjects({ ...facts, advertiseAddress: '192.0.2.9' }).find(({ object }) => object['subsets'])!;
  const step = planObject(now, old.object);
  t.like(step, { do: 'update', object: { subsets: [{ addresses: [{ ip: '192.0.2.9' }] }] } });
});

test('wantedObjects() names each object once', (t) => {
  const names = wantedObjects(facts).map(({ resource, object: { metadata } }) =>
    [resource.plural, metadata.namespace, metadata.name].join('/'),
  );
  t.is(new Set(names).size, names.length);
});
