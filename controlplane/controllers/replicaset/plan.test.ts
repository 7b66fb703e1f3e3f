import test from 'ava';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { planScale, planStatus } from './plan.ts';

const nowMs = Date.UTC(2026, 0, 1);

test('planScale() creates what is missing, ended and leaving pods not counted', (t) => {
  const pods = [pod('a'), pod('b', { phase: 'Failed' }), pod('c', { deleted: true })];
  t.deepEqual(planScale(3, pods, pods), { do: 'create', count: 2 });
  t.deepEqual(planScale(1, pods, pods), { do: 'nothing' });
  t.deepEqual(planScale(2000, [], []), { do: 'create', count: 500 });
});

const first = test.macro<[string, Parameters<typeof pod>[1], Parameters<typeof pod>[1]]>({
  title: (_title, what) => `planScale() deletes first ${what}`,
  exec(t, _what, loser, winner) {
    const pods = [pod('keep', winner), pod('drop', loser)];
    const plan = planScale(1, pods, pods);
    t.deepEqual(plan.do === 'delete' && plan.pods.map(({ metadata }) => metadata.name), ['drop']);
  },
});
test(first, 'an unassigned pod', { node: '' }, { ready: true });
test(first, 'a pending pod', { phase: 'Pending' }, {});
test(first, 'a pod that is not ready', {}, { ready: true });
test(first, 'a pod of lower cost', { ready: true, cost: '-5' }, { ready: true });
test(first, 'a younger pod', { ready: true, bornMs: nowMs }, { ready: true });
test(first, 'a pod that restarted', { ready: true, restarts: 2 }, { ready: true });

test('planScale() relieves the node with more of the kind', (t) => {
  const a = pod('a', { ready: true, node: 'n1' });
  const b = pod('b', { ready: true, node: 'n2' });
  const related = [a, b, pod('c', { node: 'n2' })];
  const plan = planScale(1, [a, b], related);
  t.deepEqual(plan.do === 'delete' && plan.pods, [b]);
});

test('planStatus() counts, and says when time alone makes a pod available', (t) => {
  const pods = [
    pod('a', { ready: true, readyMs: nowMs - 30_000 }),
    pod('b', { ready: true, readyMs: nowMs - 4_000 }),
    pod('c'),
  ];
  const template = { metadata: { name: '', labels: { app: 'web' } }, spec: { containers: [] } };
  const facts = { status: undefined, generation: 2, template, minReadySeconds: 10, pods, nowMs };
  const { status, againMs } = planStatus(facts);
  t.like(status, {
    replicas: 3,
    readyReplicas: 2,
    availableReplicas: 1,
    fullyLabeledReplicas: 3,
    observedGeneration: 2,
  });
  t.is(againMs, 6_000);
  const failure = { reason: 'FailedCreate', message: 'quota' } as const;
  t.like(planStatus({ ...facts, failure }).status.conditions?.[0], {
    type: 'ReplicaFailure',
    status: 'True',
    ...failure,
  });
});

function pod(
  name: string,
  of: {
    phase?: 'Failed' | 'Pending' | 'Running';
    deleted?: boolean;
    node?: string;
    ready?: boolean;
    readyMs?: number;
    cost?: string;
    bornMs?: number;
    restarts?: number;
  } = {},
): Pod {
  const time = (ms: number) => new Date(ms).toISOString();
  return {
    metadata: {
      name,
      labels: { app: 'web' },
      creationTimestamp: time(of.bornMs ?? nowMs - 3_600_000),
      ...(of.deleted ? { deletionTimestamp: time(nowMs) } : {}),
      ...(of.cost ? { annotations: { 'controller.kubernetes.io/pod-deletion-cost': of.cost } } : {}),
    },
    spec: { containers: [], nodeName: of.node ?? 'n1' },
    status: {
      phase: of.phase ?? 'Running',
      conditions: of.ready
        ? [{ type: 'Ready', status: 'True', lastTransitionTime: time(of.readyMs ?? nowMs - 60_000) }]
        : [],
      containerStatuses: [{ name: 'c', ready: true, restartCount: of.restarts ?? 0, image: '', imageID: '' }],
    },
  };
}
