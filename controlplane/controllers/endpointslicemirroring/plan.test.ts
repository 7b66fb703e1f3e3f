import test from 'ava';
import type { Endpoints } from '#lib/api/types/core.v1.ts';
import { isMirrored, planMirror } from './plan.ts';

const endpoints: Endpoints = {
  metadata: { name: 'db', namespace: 'default', uid: 'e', labels: { a: 'b' } },
  subsets: [
    {
      addresses: [{ ip: '192.0.2.7' }],
      notReadyAddresses: [{ ip: '2001:db8::7' }],
      ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }],
    },
  ],
};

test('planMirror() makes a slice for each family', (t) => {
  const { create } = planMirror(endpoints, []);
  t.deepEqual(
    create.map(({ addressType, endpoints }) => [addressType, endpoints?.[0]?.addresses, endpoints?.[0]?.conditions]),
    [
      ['IPv4', ['192.0.2.7'], { ready: true }],
      ['IPv6', ['2001:db8::7'], { ready: false }],
    ],
  );
  t.like(create[0]?.metadata.labels, { a: 'b', 'kubernetes.io/service-name': 'db' });
  t.is(create[0]?.ports?.[0]?.port, 5432);
});

test('planMirror() changes and removes what is there', (t) => {
  const slices = planMirror(endpoints, []).create.map((slice, i) => ({
    ...slice,
    metadata: { ...slice.metadata, name: `db-${i}` },
  }));
  t.deepEqual(planMirror(endpoints, slices), { create: [], update: [], remove: [], invalid: 0, skipped: 0 });
  const moved = {
    ...endpoints,
    subsets: [{ ...endpoints.subsets![0]!, addresses: [{ ip: '192.0.2.8' }], notReadyAddresses: [] }],
  };
  const plan = planMirror(moved, slices);
  t.deepEqual(
    plan.update.map(({ metadata, endpoints }) => [metadata.name, endpoints?.[0]?.addresses[0]]),
    [['db-0', '192.0.2.8']],
  );
  t.deepEqual(
    plan.remove.map(({ metadata }) => metadata.name),
    ['db-1'],
  );
});

test('planMirror() counts what it cannot show', (t) => {
  const many = Array.from({ length: 1002 }, (_, i) => ({ ip: `192.0.${i >> 8}.${i & 255}` }));
  const subsets = [{ addresses: [...many, { ip: 'none' }], ports: [] }];
  t.like(planMirror({ ...endpoints, subsets }, []), { invalid: 1, skipped: 2 });
});

test('isMirrored() leaves out what says so', (t) => {
  const labels = { 'endpointslice.kubernetes.io/skip-mirror': 'true' };
  t.false(isMirrored({ ...endpoints, metadata: { ...endpoints.metadata, labels } }));
  t.true(isMirrored(endpoints));
});
