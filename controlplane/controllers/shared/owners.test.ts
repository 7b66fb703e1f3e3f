import test from 'ava';
import type { KubeObject } from '#lib/api/resource.ts';
import { deployments, replicaSets } from '#lib/api/resources.ts';
import type { ReplicaSet } from '#lib/api/types/apps.v1.ts';
import { controllerOf, controllerReference, planClaims, refersTo } from './owners.ts';

const owner = { metadata: { name: 'o', namespace: 'n', uid: 'o' } } as ReplicaSet;
const mine = controllerReference(replicaSets, owner);
const selector = { matchLabels: { app: 'web' } };
const object = (name: string, metadata: object) => ({ metadata: { name, ...metadata } }) as KubeObject;
const labels = { app: 'web' };

test('planClaims() keeps, adopts and releases', (t) => {
  const other = { ...mine, uid: 'other' };
  const plan = planClaims(owner, selector, [
    object('kept', { labels, ownerReferences: [mine] }),
    object('adopted', { labels }),
    object('released', { labels: { app: 'db' }, ownerReferences: [mine] }),
    object('strange', { labels, ownerReferences: [other] }),
    object('unlike', { labels: { app: 'db' } }),
    object('going', { labels, deletionTimestamp: '2026-01-01T00:00:00Z' }),
  ]);
  const names = Object.entries(plan).map(([what, all]) => [what, all.map(({ metadata }: KubeObject) => metadata.name)]);
  t.deepEqual(Object.fromEntries(names), { mine: ['kept'], adopt: ['adopted'], release: ['released'] });
});

test('planClaims() changes nothing for an owner that goes', (t) => {
  const leaving = { metadata: { ...owner.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
  const all = [object('a', { labels }), object('b', { labels: {}, ownerReferences: [mine] })];
  t.deepEqual(planClaims(leaving, selector, all), { mine: [], adopt: [], release: [] });
});

test('controllerOf() and refersTo() go by controller and kind, whatever the version', (t) => {
  const plain = { ...mine, controller: false };
  t.is(controllerOf(object('a', { ownerReferences: [plain, mine] })), mine);
  t.is(controllerOf(object('a', { ownerReferences: [plain] })), undefined);
  t.true(refersTo({ ...mine, apiVersion: 'apps/v1beta2' }, replicaSets));
  t.false(refersTo({ ...mine, apiVersion: 'extensions/v1beta1' }, replicaSets));
  t.false(refersTo(mine, deployments));
});
