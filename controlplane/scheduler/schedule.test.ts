import test from 'ava';
import type { Node, Pod } from '#lib/api/types/core.v1.ts';
import type { World } from './plugin.ts';
import { defaultPlugins } from './plugins/default.ts';
import { preempt } from './preempt.ts';
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
  return { nodes: [...snapshot.nodes.values()], namespaceLabels: () => ({}) };
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
  '0/1 nodes are available: 1 node(s) had untolerated taint {k: v}.',
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
  t.is(snapshot.nodes.get('a')!.requested['cpu'], 500);
  snapshot.removePod('p');
  t.is(snapshot.nodes.get('a')!.requested['cpu'], 0);
  t.is(snapshot.nodes.get('a')!.pods.length, 0);
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
