import test from 'ava';
import type { Node, Pod } from '#lib/api/types/core.v1.ts';
import { planSweep } from './plan.ts';

const pod = (name: string, { spec = {}, status = {}, ...metadata }: Record<string, unknown> = {}) =>
  ({ metadata: { name, uid: name, ...metadata }, spec, status }) as unknown as Pod;
const leaving = { deletionTimestamp: '2026-01-01T00:00:00Z' };
const bornAt = (minute: number) => ({ creationTimestamp: `2026-01-01T00:0${minute}:00Z` });
const on = (nodeName: string) => ({ spec: { nodeName } });
const node = (isReady: boolean, ...taints: readonly string[]) =>
  ({
    metadata: { name: 'a' },
    spec: { taints: taints.map((key) => ({ key, effect: 'NoExecute' })) },
    status: { conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
  }) as unknown as Node;

const sweeps = test.macro<[string, readonly Pod[], readonly string[], { threshold?: number; node?: Node }?]>({
  title: (_title, what) => `planSweep() ${what}`,
  exec(t, _what, pods, expected, { threshold = 100, node: a = node(true) } = {}) {
    const plan = planSweep({ pods, threshold, hasNode: (name) => name === 'a', nodeOf: () => a });
    t.deepEqual(
      plan.map(({ pod, reason }) => `${pod.metadata.name} ${reason}`),
      [...expected],
    );
  },
});

const failed = { status: { phase: 'Failed' } };
const old = pod('old', { ...failed, ...bornAt(1), ...on('a') });
const young = pod('young', { ...failed, ...bornAt(2), ...on('a') });
const evicted = pod('evicted', { status: { phase: 'Failed', reason: 'Evicted' }, ...bornAt(3), ...on('a') });
test(sweeps, 'leaves what is where it should be', [pod('a', on('a')), pod('b'), old], []);
test(sweeps, 'takes the oldest of too many ended ones', [young, old], ['old terminated'], { threshold: 1 });
test(sweeps, 'takes evicted ones before', [young, old, evicted], ['evicted terminated'], { threshold: 2 });
test(sweeps, 'takes none of those without a threshold', [young, old], [], { threshold: 0 });
test(sweeps, 'takes those of a node that is no more', [pod('a', on('b'))], ['a orphaned']);
test(sweeps, 'takes those deleted before they had a node', [pod('a', leaving)], ['a unscheduled']);
test(sweeps, 'leaves those to their node that go there', [pod('a', { ...leaving, ...on('a') })], []);
const out = 'node.kubernetes.io/out-of-service';
const going = [pod('a', { ...leaving, ...on('a') }), pod('b', on('a'))];
test(sweeps, 'takes those that go where a node is out of service', going, ['a out-of-service'], {
  node: node(false, out),
});
test(sweeps, 'leaves them if the node is ready all the same', going, [], { node: node(true, out) });
