import test from 'ava';
import type { KubeObject, Resource } from '#lib/api/resource.ts';
import { configMaps, deployments, events, nodes, pods } from '#lib/api/resources.ts';
import type { Namespace } from '#lib/api/types/core.v1.ts';
import { planStatus, stagesOf } from './plan.ts';

const nowMs = Date.UTC(2026, 0, 1);
const namespace = { metadata: { name: 'n' }, status: { phase: 'Active' } } as Namespace;
const any = (resource: unknown) => resource as Resource<KubeObject>;
const conditions = (status: ReturnType<typeof planStatus>) =>
  Object.fromEntries((status.conditions ?? []).map(({ type, status: is, message }) => [type, `${is} ${message}`]));

test('stagesOf() has pods go before what they use, and counts Events once', (t) => {
  const newEvents = { ...any(events), group: 'events.k8s.io' };
  const [first, second] = stagesOf([any(configMaps), any(events), newEvents, any(pods), any(nodes)]);
  t.deepEqual(first, [any(pods)]);
  t.deepEqual(second, [any(configMaps), any(events)]);
});

test('planStatus() says that nothing is left', (t) => {
  const status = planStatus(namespace, { left: [], failures: [] }, nowMs);
  t.is(status.phase, 'Terminating');
  t.deepEqual(new Set((status.conditions ?? []).map(({ status: is }) => is)), new Set(['False']));
});

test('planStatus() says what it waits for, in words of upstream', (t) => {
  const object = (finalizers: readonly string[]) => ({ metadata: { name: 'a', finalizers } }) as KubeObject;
  const left = [
    { kind: any(pods), objects: [object(['a/b']), object([])] },
    { kind: any(deployments), objects: [object(['a/b', 'c/d'])] },
  ];
  const found = conditions(planStatus(namespace, { left, failures: ['no'] }, nowMs));
  t.is(
    found['NamespaceContentRemaining'],
    'True Some resources are remaining: pods. has 2 resource instances, deployments.apps has 1 resource instances',
  );
  t.is(
    found['NamespaceFinalizersRemaining'],
    'True Some content in the namespace has finalizers remaining: a/b in 2 resource instances, c/d in 1 resource instances',
  );
  t.regex(found['NamespaceDeletionContentFailure']!, /^True Failed to delete all resource types, 1 remaining: no$/);
});

test('planStatus() keeps the time of a condition that stays', (t) => {
  const before = planStatus(namespace, { left: [], failures: [] }, nowMs);
  const after = planStatus({ ...namespace, status: before }, { left: [], failures: ['no'] }, nowMs + 60_000);
  const times = Object.fromEntries((after.conditions ?? []).map((one) => [one.type, one.lastTransitionTime]));
  t.is(times['NamespaceContentRemaining'], '2026-01-01T00:00:00Z');
  t.is(times['NamespaceDeletionContentFailure'], '2026-01-01T00:01:00Z');
});
