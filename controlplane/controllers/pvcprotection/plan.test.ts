import test from 'ava';
import type { KubeObject } from '#lib/api/resource.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { claimsOf, planFinalizer } from './plan.ts';

const finalizers = ['kubernetes.io/pvc-protection'];
const leaving = { deletionTimestamp: '2026-01-01T00:00:00Z' };
const claim = (metadata: object) => ({ metadata: { name: 'c', ...metadata } }) as KubeObject;

const plans = test.macro<[string, object, boolean, 'add' | 'keep' | 'remove']>({
  title: (_title, what) => `planFinalizer() ${what}`,
  exec: (t, _what, metadata, isUsed, expected) => t.is(planFinalizer(claim(metadata), isUsed), expected),
});
test(plans, 'holds a claim that is new', {}, false, 'add');
test(plans, 'leaves one that is held', { finalizers }, false, 'keep');
test(plans, 'lets one go that nobody uses', { finalizers, ...leaving }, false, 'remove');
test(plans, 'holds one that is used', { finalizers, ...leaving }, true, 'keep');
test(plans, 'does not hold what goes already', leaving, true, 'keep');

test('planFinalizer() may hold by another name', (t) => {
  t.is(planFinalizer(claim({ finalizers }), false, 'kubernetes.io/pv-protection'), 'add');
});

test('claimsOf() tells what a pod uses, of its own until it is shut down', (t) => {
  const volumes = [
    { name: 'a', persistentVolumeClaim: { claimName: 'mine' } },
    { name: 'b', ephemeral: { volumeClaimTemplate: {} } },
    { name: 'c', emptyDir: {} },
  ];
  const pod = (metadata: object) => ({ metadata: { name: 'p', ...metadata }, spec: { volumes } }) as unknown as Pod;
  t.deepEqual(claimsOf(pod({})), ['mine', 'p-b']);
  t.deepEqual(claimsOf(pod({ ...leaving, deletionGracePeriodSeconds: 30 })), ['mine', 'p-b']);
  t.deepEqual(claimsOf(pod({ ...leaving, deletionGracePeriodSeconds: 0 })), ['mine']);
});
