import test from 'ava';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { PodDisruptionBudget } from '#lib/api/types/policy.v1.ts';
import { planBudget } from './plan.ts';
import { staleInMs } from './stale-plan.ts';

const nowMs = Date.UTC(2026, 0, 1);
const budget: PodDisruptionBudget = {
  metadata: { name: 'b', generation: 3 },
  spec: { selector: { matchLabels: { app: 'web' } } },
  status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
};

const allowed = test.macro<[PodDisruptionBudget['spec'], { ready: number; unready?: number; wanted?: number }, object]>(
  {
    title: (_title, spec, facts, status) =>
      `planBudget() of ${JSON.stringify(spec)} with ${JSON.stringify(facts)} is ${JSON.stringify(status)}`,
    exec(t, spec, { ready, unready = 0, wanted = ready + unready }, status) {
      const pods = Array.from({ length: ready + unready }, (_, i) => pod(`p${i}`, i < ready));
      t.like(planBudget({ budget: { ...budget, spec }, pods, wanted, nowMs }).status, status);
    },
  },
);
test(allowed, { minAvailable: 1 }, { ready: 3 }, { disruptionsAllowed: 2, desiredHealthy: 1, expectedPods: 3 });
test(allowed, { minAvailable: 2 }, { ready: 1, unready: 2 }, { disruptionsAllowed: 0, currentHealthy: 1 });
test(allowed, { minAvailable: '50%' }, { ready: 3, wanted: 5 }, { disruptionsAllowed: 0, desiredHealthy: 3 });
test(allowed, { maxUnavailable: 1 }, { ready: 3 }, { disruptionsAllowed: 1, desiredHealthy: 2 });
test(allowed, { maxUnavailable: '34%' }, { ready: 3 }, { disruptionsAllowed: 2, desiredHealthy: 1 });
test(allowed, { minAvailable: 0 }, { ready: 0 }, { disruptionsAllowed: 0, expectedPods: 0, observedGeneration: 3 });

test('planBudget() counts a pod whose eviction was allowed as gone, for two minutes', (t) => {
  const disruptedPods = { p0: new Date(nowMs - 30_000).toISOString() };
  const before = { ...budget, spec: { minAvailable: 1 }, status: { ...budget.status!, disruptedPods } };
  const pods = [pod('p0', true), pod('p1', true)];
  const plan = planBudget({ budget: before, pods, wanted: 2, nowMs });
  t.like(plan, { againMs: 90_000, status: { currentHealthy: 1, disruptionsAllowed: 0, disruptedPods } });
  const later = planBudget({ budget: before, pods, wanted: 2, nowMs: nowMs + 90_000 });
  t.like(later, { againMs: undefined, status: { currentHealthy: 2, disruptedPods: undefined } });
});

test('planBudget() lets nobody go where nobody can tell how many are wanted', (t) => {
  const before = { ...budget, spec: { maxUnavailable: 1 }, status: { ...budget.status!, disruptionsAllowed: 2 } };
  const failure = 'found no controllers for pod "p0"';
  const plan = planBudget({ budget: before, pods: [pod('p0', true)], wanted: { failure }, nowMs });
  t.is(plan.failure, failure);
  t.like(plan.status, {
    disruptionsAllowed: 0,
    conditions: [{ reason: 'SyncFailed', status: 'False', message: failure }],
  });
  const counted = planBudget({
    budget: { ...before, spec: { minAvailable: 0 } },
    pods: [pod('p0', true)],
    wanted: 0,
    nowMs,
  });
  t.like(counted, { failure: undefined, status: { disruptionsAllowed: 1 } });
});

test('planBudget() tells of pods that were to go and did not', (t) => {
  const disruptedPods = { p0: new Date(nowMs - 120_000).toISOString(), p1: new Date(nowMs).toISOString() };
  const before = { ...budget, status: { ...budget.status!, disruptedPods } };
  const plan = planBudget({ budget: before, pods: [pod('p0', true), pod('p1', true)], wanted: 2, nowMs });
  t.deepEqual(
    plan.notDeleted.map(({ metadata }) => metadata.name),
    ['p0'],
  );
});

test('staleInMs() gives a disruption two minutes to come about', (t) => {
  const lastTransitionTime = new Date(nowMs - 30_000).toISOString();
  const condition = { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', lastTransitionTime };
  const of = (change: object, status: object = {}) => {
    const { metadata, spec, status: rest } = pod('p', true);
    const conditions = [{ ...condition, ...change }];
    return { metadata, spec, status: { ...rest, conditions, ...status } } as Pod;
  };
  t.is(staleInMs(of({}), nowMs), 90_000);
  t.is(staleInMs(of({}), nowMs + 90_000), 0);
  t.is(staleInMs(of({ status: 'False' }), nowMs), undefined);
  t.is(staleInMs(of({ reason: 'TerminationByKubelet' }), nowMs), undefined);
  t.is(staleInMs(of({}, { phase: 'Failed' }), nowMs), undefined);
  t.is(staleInMs(pod('p', true), nowMs), undefined);
});

function pod(name: string, ready: boolean): Pod {
  return {
    metadata: { name, uid: name },
    spec: { containers: [] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}
