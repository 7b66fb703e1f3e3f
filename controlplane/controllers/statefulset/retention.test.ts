import test from 'ava';
import type { StatefulSet } from '#lib/api/types/apps.v1.ts';
import type { PersistentVolumeClaim, Pod } from '#lib/api/types/core.v1.ts';
import { isStale, planOwners } from './retention.ts';

const set = (whenDeleted: string, whenScaled: string): StatefulSet =>
  ({
    metadata: { name: 's', uid: 'set' },
    spec: { replicas: 2, persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled } },
  }) as unknown as StatefulSet;
const pod = (ordinal: number) => ({ metadata: { name: `s-${ordinal}`, uid: `pod-${ordinal}` } }) as unknown as Pod;
const owner = (kind: string, name: string, uid: string, controller = true) => {
  return { apiVersion: kind === 'Pod' ? 'v1' : 'apps/v1', kind, name, uid, controller, blockOwnerDeletion: true };
};
const bySet = owner('StatefulSet', 's', 'set');
const byPod = owner('Pod', 's-2', 'pod-2');
const other = { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid: 'a' };
const claim = (...ownerReferences: object[]) =>
  ({ metadata: { name: 'd-s-0', ownerReferences } }) as unknown as PersistentVolumeClaim;

const plans = test.macro<[string, StatefulSet, number, PersistentVolumeClaim, readonly object[] | undefined]>({
  title: (_title, what) => `planOwners() ${what}`,
  exec(t, _what, of, ordinal, before, owners) {
    t.deepEqual(planOwners(of, pod(ordinal), before)?.owners as unknown, owners);
  },
});
const [keep, gone] = ['Retain', 'Delete'];
test(plans, 'leaves a claim alone that is kept', set(keep, keep), 0, claim(other), undefined);
test(plans, 'frees a claim that is kept from now on', set(keep, keep), 0, claim(other, bySet), [other]);
test(plans, 'gives a claim to the set that takes it away', set(gone, keep), 0, claim(other), [other, bySet]);
test(plans, 'is content with that', set(gone, keep), 0, claim(bySet), undefined);
test(plans, 'makes an owner the controller', set(gone, keep), 0, claim({ ...bySet, controller: false }), [bySet]);
test(plans, 'gives it to a pod that is scaled away', set(keep, gone), 2, claim(), [byPod]);
test(plans, 'gives no claim to a pod that stays', set(keep, gone), 0, claim(), undefined);
test(plans, 'takes it from the set for such a pod', set(gone, gone), 2, claim(bySet), [byPod]);
test(plans, 'gives it back to the set', set(gone, gone), 1, claim(owner('Pod', 's-1', 'pod-1')), [bySet]);
test(plans, 'keeps it for the set where pods leave theirs', set(gone, keep), 2, claim(bySet), undefined);
test(plans, 'keeps off what another one controls', set(gone, gone), 0, claim(owner('Job', 'j', 'j')), undefined);
test(
  plans,
  'keeps off what an earlier set had',
  set(gone, keep),
  0,
  claim(owner('StatefulSet', 's', 'old')),
  undefined,
);

test('planOwners() leaves a claim to whom else controls it, and tells', (t) => {
  const rival = owner('Job', 'j', 'j');
  t.deepEqual(planOwners(set(gone, gone), pod(0), claim(bySet, rival)), { owners: [rival], isContested: true });
});

test('isStale() tells a claim that goes with an earlier pod of that name', (t) => {
  t.true(isStale(set(keep, gone), 's-2', claim(byPod)));
  t.false(isStale(set(keep, keep), 's-2', claim(byPod)));
  t.false(isStale(set(keep, gone), 's-1', claim(byPod)));
  t.false(isStale(set(keep, gone), 's-2', claim(bySet)));
});
