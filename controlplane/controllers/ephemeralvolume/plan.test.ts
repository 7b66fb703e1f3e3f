import test from 'ava';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { planClaims } from './plan.ts';

test('planClaims() makes a claim for each ephemeral volume, which goes with the pod', (t) => {
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  const template = { metadata: { labels: { a: 'b' } }, spec };
  const volumes = [
    { name: 'scratch', ephemeral: { volumeClaimTemplate: template } },
    { name: 'other', emptyDir: {} },
  ];
  const pod = { metadata: { name: 'p', namespace: 'n', uid: 'u' }, spec: { volumes } } as unknown as Pod;
  const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', controller: true, blockOwnerDeletion: true };
  const metadata = { name: 'p-scratch', namespace: 'n', ownerReferences: [owner], labels: { a: 'b' } };
  t.deepEqual(planClaims(pod) as unknown, [{ volume: 'scratch', metadata, spec }]);
});

test('planClaims() of a pod without volumes is nothing', (t) => {
  t.deepEqual(planClaims({ metadata: { name: 'p' }, spec: {} } as unknown as Pod), []);
});
