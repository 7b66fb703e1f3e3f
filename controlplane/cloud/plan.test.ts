import test from 'ava';
import type { Node } from '#lib/api/types/core.v1.ts';
import { planInitialization, planLife, uninitialized } from './plan-node.ts';
import { planRoutes } from './plan-routes.ts';

function node(ready: boolean, taints: readonly object[] = [], more: object = {}): Node {
  return {
    metadata: { name: 'n', resourceVersion: '5' },
    spec: { taints, ...more },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'Unknown' }] },
  } as unknown as Node;
}
const off = { key: 'node.cloudprovider.kubernetes.io/shutdown', effect: 'NoSchedule' };

const lives = test.macro<[Node, boolean, boolean, string | undefined]>({
  title: (_title, { status, spec }, exists, isShutdown, step) =>
    `planLife() says ${step} of ${JSON.stringify([status.conditions?.[0]?.status, spec.taints, { exists, isShutdown }])}`,
  exec(t, one, exists, isShutdown, step) {
    t.is(planLife(one, { exists, isShutdown }), step as never);
  },
});
test(lives, node(true), false, false, undefined);
test(lives, node(false), false, false, 'remove');
test(lives, node(false), true, false, undefined);
test(lives, node(false), true, true, 'taint');
test(lives, node(false, [off]), true, true, undefined);
test(lives, node(false, [off]), true, false, 'untaint');
test(lives, node(true, [off]), true, false, 'untaint');

const machine = {
  providerID: 'lab://1/n',
  zone: 'z',
  addresses: [{ type: 'InternalIP' as const, address: '192.0.2.1' }],
};

test('planInitialization() writes down the machine, and lets pods in', (t) => {
  const taints = [
    { key: uninitialized, effect: 'NoSchedule' },
    { key: 'other', effect: 'NoSchedule' },
  ];
  t.deepEqual(planInitialization(node(true, taints), machine), {
    node: {
      metadata: {
        resourceVersion: '5',
        labels: { 'topology.kubernetes.io/zone': 'z', 'failure-domain.beta.kubernetes.io/zone': 'z' },
      },
      spec: { providerID: 'lab://1/n', taints: [{ key: 'other', effect: 'NoSchedule' }] },
    },
    addresses: machine.addresses,
  });
});

test('planInitialization() has nothing to say of a node that says it all', (t) => {
  const done = {
    metadata: {
      name: 'n',
      labels: { 'topology.kubernetes.io/zone': 'z', 'failure-domain.beta.kubernetes.io/zone': 'z' },
    },
    spec: { providerID: 'lab://1/n' },
    status: { addresses: machine.addresses },
  } as unknown as Node;
  t.deepEqual(planInitialization(done, machine), { node: undefined, addresses: undefined });
});

test('planRoutes() makes what lacks, and removes of its own what is too much', (t) => {
  const route = (name: string, destination: string) => ({ node: name, destination });
  const nodes = [node(true, [], { podCIDRs: ['10.244.0.0/24'] })];
  const there = [route('gone', '10.244.1.0/24'), route('else', '10.9.0.0/24')];
  t.deepEqual(planRoutes(nodes, there, ['10.244.0.0/16']), {
    create: [route('n', '10.244.0.0/24')],
    remove: [route('gone', '10.244.1.0/24')],
  });
  t.deepEqual(planRoutes(nodes, [route('n', '10.244.0.0/24')], ['10.244.0.0/16']), { create: [], remove: [] });
});
