// What becomes of a pod that preempts others: the node that it was promised, and those who wait behind it.
import test from 'ava';
import { keyOf } from '#lib/api/resource.ts';
import type { Namespace, Node, Pod } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { createFedInformer } from '#lib/client/fed-informer.ts';
import { createFakeClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { profilesOf } from './profile.ts';
import { runScheduler } from './scheduler.ts';

const none = {
  claimAt: () => undefined,
  volumeNamed: () => undefined,
  volumes: () => [],
  classNamed: () => undefined,
  driverNamed: () => undefined,
  capacities: () => [],
};
const facts = { ...none, promised: new Map(), csiNode: () => undefined };

function node(name: string, spec: object = {}): Node {
  const labels = { 'kubernetes.io/hostname': name };
  return { metadata: { name, labels }, spec, status: { allocatable: { cpu: '1', pods: '9' } } } as unknown as Node;
}

function pod(name: string, priority: number, { nodeName, ...spec }: Record<string, unknown> = {}): Pod {
  const containers = [{ name: 'main', image: 'none:1', resources: { requests: { cpu: '1' } } }];
  const stands = nodeName === undefined ? {} : { nodeName };
  return {
    metadata: { name, namespace: 'default', uid: name, generation: 1, labels: { app: 'x' } },
    spec: { priority, containers, ...stands, ...spec },
    status: { phase: 'Pending' },
  } as unknown as Pod;
}

/** A scheduler among objects that it alone writes to: who is deleted stays until it is taken away. */
function world(nodesAtFirst: readonly Node[], podsAtFirst: readonly Pod[]) {
  const pods = createFedInformer<Pod>();
  const nodes = createFedInformer<Node>();
  const clock = createFakeClock();
  const end = new AbortController();
  for (const one of nodesAtFirst) nodes.put(one);
  for (const one of podsAtFirst) pods.put(one);
  const at = (name: string) => pods.get(`default/${name}`)!;
  const client = {
    async create(_resource: unknown, { metadata, target }: { metadata: { name: string }; target: { name: string } }) {
      const before = at(metadata.name);
      pods.put({ ...before, spec: { ...before.spec, nodeName: target.name } });
    },
    async patch(_resource: unknown, { name }: { name: string }, { body }: { body: { status: object } }) {
      const before = at(name);
      pods.put({ ...before, status: JSON.parse(JSON.stringify({ ...before.status, ...body.status })) });
    },
    async delete(_resource: unknown, { name }: { name: string }) {
      const before = at(name);
      pods.put({ ...before, metadata: { ...before.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
    },
  };
  const running = runScheduler(
    {
      client: client as unknown as Client,
      informers: {
        pods,
        nodes,
        namespaces: createFedInformer<Namespace>(),
        budgets: { get: () => undefined, list: () => [], byIndex: () => [] },
      },
      synced: Promise.resolve(),
      eventsOf: () => ({ record() {}, run: async () => {} }),
      clock,
      log: createSilentLog(),
      profiles: profilesOf({}, { volumes: facts, spread: { selectorFor: () => undefined } }),
      volumes: { facts, synced: Promise.resolve(), onChange() {}, reserve: () => async () => {} },
    },
    end.signal,
  );
  const settle = async () => {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    pods,
    nodes,
    at,
    leaving: () => [...pods.list()].filter(({ metadata }) => metadata.deletionTimestamp).map(keyOf),
    /** Lets all happen that has not to wait, then lets back-offs pass, and no more: five minutes later all are tried again. */
    async pass(ms = 15_000) {
      await settle();
      await clock.advance(ms);
      await settle();
    },
    async end() {
      end.abort();
      await running;
    },
  };
}

test('while those leave whom a pod has preempted, it preempts no others', async (t) => {
  const stands = [pod('low-a', 2, { nodeName: 'a' }), pod('mighty', 10, { nodeName: 'b' })];
  const { pods, at, leaving, pass, end } = world([node('a'), node('b')], [...stands, pod('vip', 9)]);
  await pass();
  t.deepEqual(leaving(), ['default/low-a']);
  t.is(at('vip').status.nominatedNodeName, 'a');
  pods.put(pod('low-b', 1, { nodeName: 'b' })); // a better one to push aside
  pods.delete('default/mighty');
  await pass();
  t.deepEqual(leaving(), ['default/low-a']);
  t.is(at('vip').status.nominatedNodeName, 'a');
  // Both have room at last: it goes where it made room itself.
  pods.delete('default/low-b');
  pods.delete('default/low-a');
  await pass();
  t.is(at('vip').spec.nodeName, 'a');
  await end();
});

test('a promise that cannot be kept is taken back, and others may have the room', async (t) => {
  const tainted = node('a', { taints: [{ key: 'k', effect: 'NoSchedule' }] });
  const { nodes, at, pods, pass, end } = world([node('a')], [pod('low', 1, { nodeName: 'a' }), pod('vip', 9)]);
  await pass();
  t.is(at('vip').status.nominatedNodeName, 'a');
  pods.delete('default/low');
  nodes.put(tainted);
  await pass();
  t.is(at('vip').spec.nodeName, undefined);
  t.falsy(at('vip').status.nominatedNodeName);
  const tolerations = [{ key: 'k', operator: 'Exists' }];
  pods.put(pod('humble', 0, { tolerations }));
  await pass();
  t.is(at('humble').spec.nodeName, 'a');
  await end();
});

test('who waits behind a promise is tried again when that pod is deleted', async (t) => {
  const { at, pods, pass, end } = world([node('a')], [pod('low', 1, { nodeName: 'a' }), pod('vip', 9)]);
  await pass(0);
  t.is(at('vip').status.nominatedNodeName, 'a');
  pods.delete('default/low');
  pods.put(pod('humble', 0)); // the room is free, but promised to one whose back-off goes on
  await pass(0);
  t.is(at('humble').spec.nodeName, undefined);
  pods.delete('default/vip');
  await pass();
  t.is(at('humble').spec.nodeName, 'a');
  await end();
});

test('a node that goes lets those in whom the spread kept out for it', async (t) => {
  const constraint = {
    topologyKey: 'kubernetes.io/hostname',
    maxSkew: 1,
    whenUnsatisfiable: 'DoNotSchedule',
    labelSelector: { matchLabels: { app: 'x' } },
    nodeTaintsPolicy: 'Ignore',
  };
  const small = { containers: [{ name: 'main', image: 'none:1' }] };
  const stands = pod('first', 0, { nodeName: 'a', ...small });
  const choosy = pod('p', 0, { ...small, topologySpreadConstraints: [constraint] });
  const barred = node('b', { taints: [{ key: 'k', effect: 'NoSchedule' }] });
  const { at, nodes, pass, end } = world([node('a'), barred], [stands, choosy]);
  await pass();
  t.is(at('p').spec.nodeName, undefined);
  nodes.delete('b');
  await pass();
  t.is(at('p').spec.nodeName, 'a');
  await end();
});
