import test from 'ava';
import type { DaemonSet } from '#lib/api/types/apps.v1.ts';
import type { Node, Pod } from '#lib/api/types/core.v1.ts';
import { planDaemonSet } from './plan.ts';

const nowMs = Date.UTC(2026, 0, 1);

function set(spec: object = {}): DaemonSet {
  return {
    metadata: { name: 'd', namespace: 'n', generation: 1 },
    spec: { selector: {}, template: { metadata: {}, spec: { containers: [] } }, ...spec },
    status: {},
  } as unknown as DaemonSet;
}

function node(name: string, spec: object = {}, labels: object = {}): Node {
  return { metadata: { name, labels }, spec, status: {} } as unknown as Node;
}

function pod(
  on: string,
  more: { readonly hash?: string; readonly phase?: string; readonly isReady?: boolean; readonly name?: string } = {},
): Pod {
  const { hash = 'new', phase = 'Running', isReady = true, name = `d-${on}` } = more;
  return {
    metadata: {
      name,
      uid: name,
      labels: { 'controller-revision-hash': hash },
      creationTimestamp: `2026-01-01T00:00:0${name.length % 10}Z`,
    },
    spec: { nodeName: on },
    status: { phase, conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
  } as unknown as Pod;
}

const does = test.macro<[string, DaemonSet, readonly Node[], readonly Pod[], readonly string[]]>({
  title: (_title, what) => `planDaemonSet() ${what}`,
  exec(t, _what, of, nodes, pods, expected) {
    const plan = planDaemonSet({ set: of, nodes, pods, hash: 'new', collisionCount: 0, nowMs });
    t.deepEqual(
      [...plan.create.map((name) => `+${name}`), ...plan.delete.map(({ metadata }) => `-${metadata.name}`)],
      [...expected],
    );
  },
});
const two = [node('a'), node('b')];
const selecting = set({ template: { metadata: {}, spec: { containers: [], nodeSelector: { disk: 'ssd' } } } });

test(does, 'puts one on each node', set(), two, [], ['+a', '+b']);
test(does, 'is content when each has one', set(), two, [pod('a'), pod('b')], []);
test(does, 'takes a second one away', set(), [node('a')], [pod('a'), pod('a', { name: 'd-second' })], ['-d-second']);
test(does, 'makes a failed one anew once it is gone', set(), [node('a')], [pod('a', { phase: 'Failed' })], ['-d-a']);
test(
  does,
  'runs on cordoned nodes',
  set(),
  [node('a', { unschedulable: true, taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] })],
  [],
  ['+a'],
);
test(does, 'keeps off tainted nodes', set(), [node('a', { taints: [{ key: 'k', effect: 'NoSchedule' }] })], [], []);
test(
  does,
  'stays where a taint came later that only keeps others out',
  set(),
  [node('a', { taints: [{ key: 'k', effect: 'NoSchedule' }] })],
  [pod('a')],
  [],
);
test(
  does,
  'leaves where a taint drives it out',
  set(),
  [node('a', { taints: [{ key: 'k', effect: 'NoExecute' }] })],
  [pod('a')],
  ['-d-a'],
);
test(
  does,
  'obeys the node selector',
  selecting,
  [node('a'), node('b', {}, { disk: 'ssd' })],
  [pod('a')],
  ['+b', '-d-a'],
);
test(
  does,
  'updates one node after another',
  set(),
  two,
  [pod('a', { hash: 'old' }), pod('b', { hash: 'old' })],
  ['-d-a'],
);
test(
  does,
  'waits for the node that is being updated',
  set(),
  two,
  [pod('a', { isReady: false }), pod('b', { hash: 'old' })],
  [],
);
test(
  does,
  'updates several if it may',
  set({ updateStrategy: { rollingUpdate: { maxUnavailable: '100%' } } }),
  two,
  [pod('a', { hash: 'old' }), pod('b', { hash: 'old' })],
  ['-d-a', '-d-b'],
);
test(
  does,
  'adds the new one first with surge',
  set({ updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }),
  two,
  [pod('a', { hash: 'old' }), pod('b', { hash: 'old' })],
  ['+a'],
);
const surging = set({ updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
const beside = pod('a', { name: 'd-fresh' });
test(
  does,
  'takes the old one away once the one beside it is available',
  surging,
  [node('a')],
  [pod('a', { hash: 'old' }), beside],
  ['-d-a'],
);
test(
  does,
  'keeps the old one until then',
  surging,
  [node('a')],
  [pod('a', { hash: 'old' }), pod('a', { name: 'd-fresh', isReady: false })],
  [],
);
test(
  does,
  'takes an old one away at once that serves nobody',
  surging,
  [node('a')],
  [pod('a', { hash: 'old', isReady: false }), pod('a', { name: 'd-fresh', isReady: false })],
  ['-d-a'],
);
test(
  does,
  'adds new ones beside old ones that serve nobody, whatever the surge',
  surging,
  two,
  [pod('a', { hash: 'old', isReady: false }), pod('b', { hash: 'old', isReady: false })],
  ['+a', '+b'],
);
test(
  does,
  'leaves old ones on OnDelete',
  set({ updateStrategy: { type: 'OnDelete' } }),
  [node('a')],
  [pod('a', { hash: 'old' })],
  [],
);

test('planDaemonSet() waits before it replaces one that failed again', (t) => {
  const facts = { set: set(), nodes: [node('a')], hash: 'new', collisionCount: 0, nowMs };
  const failed = [pod('a', { phase: 'Failed' })];
  const plan = planDaemonSet({ ...facts, pods: failed, retryInMs: () => 4_000 });
  t.like(plan, { create: [], delete: [], ended: [], againMs: 4_000 });
  const done = planDaemonSet({ ...facts, pods: [pod('a', { phase: 'Succeeded' })], retryInMs: () => 4_000 });
  t.is(done.delete.length, 1);
});

test('planDaemonSet() looks again when the one that surge added has been ready for long enough', (t) => {
  const since = (one: Pod, ms: number): Pod => {
    const lastTransitionTime = new Date(nowMs - ms).toISOString();
    return { ...one, status: { ...one.status, conditions: [{ type: 'Ready', status: 'True', lastTransitionTime }] } };
  };
  const of = set({ minReadySeconds: 10, updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
  const pods = [since(pod('a', { hash: 'old' }), 60_000), since(beside, 4_000)];
  const plan = planDaemonSet({ set: of, nodes: [node('a')], pods, hash: 'new', collisionCount: 0, nowMs });
  t.like(plan, { delete: [], againMs: 6_000 });
});

test('planDaemonSet() counts', (t) => {
  const { status } = planDaemonSet({
    set: set(),
    nodes: two,
    pods: [pod('a'), pod('c')],
    hash: 'new',
    collisionCount: undefined,
    nowMs,
  });
  t.like(status, {
    desiredNumberScheduled: 2,
    currentNumberScheduled: 1,
    numberReady: 1,
    numberAvailable: 1,
    numberUnavailable: 1,
    numberMisscheduled: 1,
    updatedNumberScheduled: 1,
  });
});
