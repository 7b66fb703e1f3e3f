import test from 'ava';
import type { Node, Pod } from '#lib/api/types/core.v1.ts';
import type { PodDisruptionBudget } from '#lib/api/types/policy.v1.ts';
import type { World } from './plugin.ts';
import { defaultPlugins } from './plugins/default.ts';
import { preempt, preemptionRefusal } from './preempt.ts';
import { schedule } from './schedule.ts';
import { Snapshot } from './snapshot.ts';

function node(
  name: string,
  change: { readonly spec?: object; readonly labels?: Record<string, string>; readonly cpu?: string } = {},
): Node {
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...change.labels } },
    spec: { ...change.spec },
    status: { allocatable: { cpu: change.cpu ?? '2', memory: '4Gi', pods: '10' } },
  } as Node;
}

function pod(
  name: string,
  change: {
    readonly cpu?: string;
    readonly spec?: object;
    readonly labels?: Record<string, string>;
    readonly node?: string;
  } = {},
): Pod {
  return {
    metadata: { name, namespace: 'default', uid: name, labels: change.labels ?? {} },
    spec: {
      containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: change.cpu ?? '100m' } } }],
      ...(change.node === undefined ? {} : { nodeName: change.node }),
      ...change.spec,
    },
    status: {},
  } as unknown as Pod;
}

function world(nodes: readonly Node[], pods: readonly Pod[] = []): World {
  const snapshot = new Snapshot();
  for (const each of pods) snapshot.setPod(each);
  for (const each of nodes) snapshot.setNode(each);
  return snapshot;
}

const two = [node('a'), node('b')];

const goesTo = test.macro<[string, Pod, World, string | undefined, string?]>({
  title: (_title, what) => `schedule() ${what}`,
  exec(t, _what, wanted, seen, expected, message) {
    const outcome = schedule(wanted, seen, defaultPlugins, 0);
    t.is(outcome.node, expected);
    if (outcome.node === undefined && message !== undefined) t.is(outcome.message, message);
  },
});

test(goesTo, 'takes the emptier node', pod('p'), world(two, [pod('q', { cpu: '1', node: 'a' })]), 'b');
test(
  goesTo,
  'refuses what fits nowhere',
  pod('p', { cpu: '3' }),
  world(two),
  undefined,
  '0/2 nodes are available: 2 Insufficient cpu.',
);
test(
  goesTo,
  'counts what runs already',
  pod('p', { cpu: '1500m' }),
  world([node('a')], [pod('q', { cpu: '1', node: 'a' })]),
  undefined,
  '0/1 nodes are available: 1 Insufficient cpu.',
);
test(goesTo, 'says so where there is no node', pod('p'), world([]), undefined, 'no nodes available to schedule pods');
test(
  goesTo,
  'keeps off a cordoned node',
  pod('p'),
  world([node('a', { spec: { unschedulable: true } }), node('b')]),
  'b',
);
test(
  goesTo,
  'keeps off a tainted node',
  pod('p'),
  world([node('a', { spec: { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] } })]),
  undefined,
  '0/1 nodes are available: 1 node(s) had untolerated taint(s).',
);
test(
  goesTo,
  'goes to a tainted node that it tolerates',
  pod('p', { spec: { tolerations: [{ operator: 'Exists' }] } }),
  world([node('a', { spec: { taints: [{ key: 'k', value: 'v', effect: 'NoExecute' }] } })]),
  'a',
);
test(
  goesTo,
  'obeys the node selector',
  pod('p', { spec: { nodeSelector: { disk: 'ssd' } } }),
  world([node('a'), node('b', { labels: { disk: 'ssd' } })]),
  'b',
);
const port = (hostIP?: string) => ({
  containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 8080, ...(hostIP && { hostIP }) }] }],
});
test(
  goesTo,
  'does not give a host port twice',
  pod('p', { spec: port() }),
  world([node('a')], [pod('q', { node: 'a', spec: port('127.0.0.1') })]),
  undefined,
  "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
);
test(
  goesTo,
  'gives a host port twice on different addresses',
  pod('p', { spec: port('127.0.0.2') }),
  world([node('a')], [pod('q', { node: 'a', spec: port('127.0.0.1') })]),
  'a',
);
const apart = {
  affinity: {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'x' } } },
      ],
    },
  },
};
test(
  goesTo,
  'keeps apart what wants to be apart',
  pod('p', { labels: { app: 'x' }, spec: apart }),
  world(two, [pod('q', { node: 'a', labels: { app: 'x' } })]),
  'b',
);
test(
  goesTo,
  'respects the wish of those that run',
  pod('p', { labels: { app: 'x' } }),
  world(two, [pod('q', { node: 'b', labels: { app: 'x' }, spec: apart })]),
  'a',
);
const spread = {
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'kubernetes.io/hostname',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app: 'x' } },
    },
  ],
};
test(
  goesTo,
  'spreads',
  pod('p', { labels: { app: 'x' }, spec: spread }),
  world(two, [pod('q', { node: 'a', labels: { app: 'x' } })]),
  'b',
);

test('Snapshot counts a pod from the decision on, and once', (t) => {
  const snapshot = new Snapshot();
  snapshot.setNode(node('a'));
  const one = pod('p', { cpu: '500m' });
  snapshot.assume(one, 'a');
  snapshot.setPod({ ...one, spec: { ...one.spec, nodeName: 'a' } });
  t.is(snapshot.node('a')!.requested['cpu'], 500);
  snapshot.removePod('p');
  t.is(snapshot.node('a')!.requested['cpu'], 0);
  t.is(snapshot.node('a')!.pods.length, 0);
});

test('preempt() takes the least important pods that are enough', (t) => {
  const low = pod('low', { cpu: '1', node: 'a', spec: { priority: 1 } });
  const lower = pod('lower', { cpu: '1', node: 'a', spec: { priority: 0 } });
  const wanted = pod('p', { cpu: '1', spec: { priority: 10 } });
  const seen = world([node('a')], [low, lower]);
  const outcome = schedule(wanted, seen, defaultPlugins, 0);
  if (outcome.node !== undefined) return t.fail('it should not fit');
  const plan = preempt(wanted, seen, defaultPlugins, outcome.refusals);
  t.deepEqual(
    plan?.victims.map((victim) => victim.metadata.name),
    ['lower'],
  );
});

test('preempt() leaves pods of the same priority alone', (t) => {
  const wanted = pod('p', { cpu: '1', spec: { priority: 1 } });
  const seen = world([node('a', { cpu: '1' })], [pod('q', { cpu: '1', node: 'a', spec: { priority: 1 } })]);
  const outcome = schedule(wanted, seen, defaultPlugins, 0);
  if (outcome.node !== undefined) return t.fail('it should not fit');
  t.is(preempt(wanted, seen, defaultPlugins, outcome.refusals), undefined);
});

test('preempt() spares whom a budget protects', (t) => {
  const on = (name: string, at: string) =>
    pod(name, { cpu: '2', node: at, labels: { app: at }, spec: { priority: 0 } });
  const seen = world(two, [on('x', 'a'), on('y', 'b')]);
  const budget = {
    metadata: { name: 'b', namespace: 'default' },
    spec: { selector: { matchLabels: { app: 'a' } } },
    status: { disruptionsAllowed: 0 },
  } as unknown as PodDisruptionBudget;
  const wanted = pod('p', { cpu: '1', spec: { priority: 1 } });
  const outcome = schedule(wanted, seen, defaultPlugins, 0);
  if (outcome.node !== undefined) return t.fail('it should not fit');
  const plan = preempt(wanted, seen, defaultPlugins, outcome.refusals, { budgets: [budget] });
  t.is(plan?.node, 'b');
});

test('preempt() takes from a budget where nothing else helps', (t) => {
  const seen = world([node('a')], [pod('x', { cpu: '2', node: 'a', labels: { app: 'a' }, spec: { priority: 0 } })]);
  const budget = {
    metadata: { name: 'b', namespace: 'default' },
    spec: { selector: { matchLabels: { app: 'a' } } },
    status: { disruptionsAllowed: 0 },
  } as unknown as PodDisruptionBudget;
  const wanted = pod('p', { cpu: '1', spec: { priority: 1 } });
  const outcome = schedule(wanted, seen, defaultPlugins, 0);
  if (outcome.node !== undefined) return t.fail('it should not fit');
  t.is(preempt(wanted, seen, defaultPlugins, outcome.refusals, { budgets: [budget] })?.victims.length, 1);
});

test('preempt() leaves the snapshot as it was', (t) => {
  const containers = [{ ...port().containers[0], resources: { requests: { cpu: '2' } } }];
  const seen = world([node('a')], [pod('q', { node: 'a', spec: { containers, ...apart, priority: 0 } })]);
  const before = JSON.stringify([seen.nodes, [...seen.terms()].map(({ domains }) => [...domains])]);
  const wanted = pod('p', { cpu: '2', spec: { priority: 1 } });
  const outcome = schedule(wanted, seen, defaultPlugins, 0);
  if (outcome.node !== undefined) return t.fail('it should not fit');
  t.is(preempt(wanted, seen, defaultPlugins, outcome.refusals)?.victims.length, 1);
  t.is(JSON.stringify([seen.nodes, [...seen.terms()].map(({ domains }) => [...domains])]), before);
});

test('preempt() waits for those who leave the node that the pod was promised', (t) => {
  const leaving = {
    ...pod('q', { cpu: '2', node: 'a', spec: { priority: 0 } }),
    status: { conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' }] },
  } as unknown as Pod;
  const gone = { ...leaving, metadata: { ...leaving.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
  const seen = world([node('a')], [gone]);
  const wanted = { ...pod('p', { cpu: '2', spec: { priority: 1 } }), status: { nominatedNodeName: 'a' } } as Pod;
  const outcome = schedule(wanted, seen, defaultPlugins, 0);
  if (outcome.node !== undefined) return t.fail('it should not fit');
  const why = 'not eligible due to a terminating pod on the nominated node.';
  t.is(preemptionRefusal(wanted, seen, outcome.refusals), why);
});

test('schedule() keeps the room free that a more important pod was promised', (t) => {
  const seen = world([node('a')]) as Snapshot;
  const promised = pod('vip', { cpu: '2', spec: { priority: 5 } });
  seen.nominate('vip', promised, 'a');
  t.is(schedule(pod('p', { cpu: '1' }), seen, defaultPlugins, 0).node, undefined);
  t.is(schedule(promised, seen, defaultPlugins, 0).node, 'a');
  t.is(schedule(pod('q', { cpu: '1', spec: { priority: 9 } }), seen, defaultPlugins, 0).node, 'a');
  seen.nominate('vip', undefined);
  t.is(schedule(pod('p', { cpu: '1' }), seen, defaultPlugins, 0).node, 'a');
});

test('schedule() asks only the node that a pod names, and says so', (t) => {
  const terms = [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['b'] }] }];
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } };
  const wanted = pod('p', { cpu: '3', spec: { affinity } });
  const outcome = schedule(wanted, world(two), defaultPlugins, 0);
  if (outcome.node !== undefined) return t.fail('it should not fit');
  const message = "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't satisfy plugin(s) [NodeAffinity].";
  t.is(outcome.message, message);
});

test('Snapshot counts by difference what it would count anew', (t) => {
  const zoned = (name: string, zone: string) => node(name, { labels: { zone } });
  const wish = (weight: number) => ({
    affinity: {
      podAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight, podAffinityTerm: { topologyKey: 'zone', labelSelector: { matchLabels: { app: 'x' } } } },
        ],
      },
    },
  });
  const snapshot = new Snapshot();
  const counts = () => [...snapshot.matching('x', ({ metadata }) => metadata.labels?.['app'] === 'x')];
  const terms = () => [...snapshot.terms()].map(({ weight, domains }) => [weight, ...domains]);
  snapshot.setNode(zoned('a', '1'));
  t.deepEqual(counts(), []);
  snapshot.setPod(pod('p', { node: 'a', labels: { app: 'x' }, spec: wish(3) }));
  snapshot.setPod(pod('q', { node: 'a', labels: { app: 'x' }, spec: wish(3) }));
  t.deepEqual(counts(), [['a', 2]]);
  t.deepEqual(terms(), [[3, ['1', 2]]]);
  snapshot.setNode(zoned('a', '2'));
  t.deepEqual(terms(), [[3, ['2', 2]]]);
  snapshot.removePod('p');
  t.deepEqual(counts(), [['a', 1]]);
  snapshot.removeNode('a');
  t.deepEqual(terms(), []);
  snapshot.setNode(zoned('a', '1'));
  t.deepEqual(terms(), [[3, ['1', 1]]]);
  snapshot.removePod('q');
  t.deepEqual([counts(), terms()], [[], []]);
});
