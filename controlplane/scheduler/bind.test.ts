// What becomes of a pod whose binding fails.
import test from 'ava';
import type { Namespace, Node, Pod } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { createFedInformer } from '#lib/client/fed-informer.ts';
import { createFakeClock } from '#lib/clock.ts';
import { type Reason, ReasonError } from '#lib/errors.ts';
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
const pod = {
  metadata: { name: 'p', namespace: 'default', uid: 'p', generation: 1 },
  spec: { containers: [{ name: 'main', image: 'none:1' }] },
  status: { phase: 'Pending' },
} as unknown as Pod;
const node = { metadata: { name: 'n' }, spec: {}, status: { allocatable: { pods: '110' } } } as unknown as Node;

interface World {
  readonly pods: ReturnType<typeof createFedInformer<Pod>>;
  /** How often the pod's volumes were asked for: each time its binding is tried. */
  readonly tries: () => number;
  /** Lets all happen that has not to wait, then lets the pod's back-off pass. */
  pass(): Promise<void>;
  end(): Promise<void>;
}

/** A scheduler whose first tie of volumes fails for `reason`, after `meanwhile`. */
function world(reason: Reason, meanwhile: (pods: World['pods']) => void): World {
  const pods = createFedInformer<Pod>();
  const nodes = createFedInformer<Node>();
  const clock = createFakeClock();
  const end = new AbortController();
  let tries = 0;
  nodes.put(node);
  pods.put(pod);
  const client = {
    async create() {
      pods.put({ ...pod, spec: { ...pod.spec, nodeName: 'n' } });
    },
  };
  const reserve = () => async () => {
    if (++tries > 1) return;
    await undefined;
    meanwhile(pods);
    throw new ReasonError(reason, 'refused');
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
      volumes: { facts, synced: Promise.resolve(), onChange() {}, reserve },
    },
    end.signal,
  );
  const settle = async () => {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    pods,
    tries: () => tries,
    async pass() {
      await settle();
      await clock.advance(60_000);
      await settle();
    },
    async end() {
      end.abort();
      await running;
    },
  };
}

for (const reason of ['NotFound', 'Conflict', 'InternalError'] as const) {
  test(`a pod whose volumes could not be tied (${reason}) is tried again`, async (t) => {
    const { pods, tries, pass, end } = world(reason, () => {});
    await pass();
    t.is(tries(), 2);
    t.is(pods.get('default/p')?.spec.nodeName, 'n');
    await end();
  });
}

test('a pod that was deleted, is being deleted or has a node is not tried again', async (t) => {
  const changes: readonly ((pods: World['pods']) => void)[] = [
    (pods) => pods.delete('default/p'),
    (pods) => pods.put({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }),
    (pods) => pods.put({ ...pod, spec: { ...pod.spec, nodeName: 'other' } }),
  ];
  for (const change of changes) {
    const { tries, pass, end } = world('InternalError', change);
    await pass();
    t.is(tries(), 1);
    await end();
  }
});
