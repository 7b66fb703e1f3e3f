import test from 'ava';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { doubleRuns, notConverged } from './judge.ts';
import { createRandom } from './random.ts';

function pod(name: string, app: string, change: { phase?: string; index?: string; owner?: string } = {}): Pod {
  const annotations = change.index === undefined ? {} : { 'batch.kubernetes.io/job-completion-index': change.index };
  const ownerReferences = [{ uid: change.owner ?? app }];
  return {
    metadata: { name, labels: { app }, annotations, ownerReferences },
    spec: { nodeName: 'n', containers: [{ env: [{ value: '1' }] }] },
    status: { phase: change.phase ?? 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  } as unknown as Pod;
}

const set = { metadata: { name: 'set', uid: 'set' }, spec: { replicas: 2 } };
const seen = {
  pods: [pod('set-0', 'set'), pod('set-1', 'set')],
  nodes: [{ metadata: { name: 'n' } }],
  deployments: [],
  replicaSets: [],
  statefulSets: [set],
  jobs: [],
};
const left = (change: object) => notConverged({ ...seen, ...change } as never, 2);

test('notConverged() finds nothing where all is as it should be', (t) => {
  t.deepEqual(left({}), []);
});

test('notConverged() finds what is missing, too much, elsewhere or nobody’s', (t) => {
  t.is(left({ pods: [pod('set-0', 'set')] }).length, 2);
  t.is(left({ pods: [...seen.pods, pod('set-2', 'set')] }).length, 2);
  t.deepEqual(left({ pods: [pod('set-0', 'set'), pod('set-1', 'set', { owner: 'gone' })] }), [
    'Pod set-1 belongs to nobody',
  ]);
  t.deepEqual(left({ nodes: [] }), ['Pod set-0 is on n', 'Pod set-1 is on n']);
});

test('doubleRuns() finds an index that runs twice, or again after it succeeded', (t) => {
  t.deepEqual(doubleRuns([pod('a', 'j', { index: '0' }), pod('b', 'j', { index: '1' })]), []);
  t.deepEqual(doubleRuns([pod('a', 'j', { index: '0', phase: 'Failed' }), pod('b', 'j', { index: '0' })]), []);
  t.deepEqual(doubleRuns([pod('a', 'j', { index: '0', phase: 'Succeeded' }), pod('b', 'j', { index: '0' })]), [
    'j index 0 runs 2 times',
  ]);
});

test('createRandom() gives the same for the same seed', (t) => {
  const few = (seed: number) => {
    const random = createRandom(seed);
    return Array.from({ length: 5 }, () => random.between(0, 100));
  };
  t.deepEqual(few(1), few(1));
  t.notDeepEqual(few(1), few(2));
});
