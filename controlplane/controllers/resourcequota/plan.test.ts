import test from 'ava';
import type { KubeObject } from '#lib/api/resource.ts';
import type { ResourceQuota } from '#lib/api/types/core.v1.ts';
import { planStatus } from './plan.ts';

const nowMs = Date.UTC(2026, 0, 1);
const quota = (hard: object, status: object = {}, spec: object = {}) =>
  ({ metadata: { name: 'q', namespace: 'n' }, spec: { hard, ...spec }, status }) as unknown as ResourceQuota;
const pod = (name: string, cpu: string, phase = 'Running') =>
  ({
    metadata: { name, namespace: 'n' },
    spec: { containers: [{ name: 'c', resources: { requests: { cpu } } }] },
    status: { phase },
  }) as unknown as KubeObject;
const counts = (objects: Readonly<Record<string, readonly KubeObject[]>>) => {
  return ({ resource }: { readonly resource: string }) => objects[resource];
};

test('planStatus() adds up what stands in the namespace, without what has ended', (t) => {
  const pods = [pod('a', '500m'), pod('b', '1'), pod('c', '4', 'Succeeded')];
  const status = planStatus(quota({ pods: '5', 'requests.cpu': '4' }), counts({ pods }), nowMs);
  t.deepEqual(status?.used, { pods: '2', 'requests.cpu': '1500m' });
  t.deepEqual(status?.hard, { pods: '5', 'requests.cpu': '4' });
});

test('planStatus() leaves a status that says so already', (t) => {
  const hard = { configmaps: '2' };
  const one = [{ metadata: { name: 'a', namespace: 'n' } }] as KubeObject[];
  t.is(planStatus(quota(hard, { hard, used: { configmaps: '1' } }), counts({ configmaps: one }), nowMs), undefined);
  t.deepEqual(planStatus(quota(hard, { hard }), counts({ configmaps: [] }), nowMs)?.used, { configmaps: '0' });
});

test('planStatus() keeps the count of what nobody can see', (t) => {
  const hard = { 'count/widgets.example.com': '2' };
  const before = { hard, used: { 'count/widgets.example.com': '1' } };
  t.is(
    planStatus(quota(hard, before), () => undefined, nowMs),
    undefined,
  );
});

test('planStatus() counts only what is in its scopes', (t) => {
  const hard = { pods: '5' };
  const pods = [pod('a', '1'), pod('b', '1')];
  const scoped = quota(hard, {}, { scopes: ['BestEffort'] });
  t.deepEqual(planStatus(scoped, counts({ pods }), nowMs)?.used, { pods: '0' });
});
