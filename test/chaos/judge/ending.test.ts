import test from 'ava';
import { createRandom } from '../random.ts';
import { notConverged, type Seen } from './ending.ts';

const ready = [{ type: 'Ready', status: 'True' }];
function pod(
  name: string,
  app: string,
  change: { phase?: string; owner?: string; value?: string; finalizers?: readonly string[] } = {},
) {
  return {
    metadata: {
      name,
      uid: name,
      labels: { app },
      ownerReferences: [{ uid: change.owner ?? app }],
      finalizers: change.finalizers,
    },
    spec: { nodeName: 'n', containers: [{ env: [{ value: change.value ?? '1' }] }] },
    status: { phase: change.phase ?? 'Running', conditions: ready },
  };
}
const template = { spec: { containers: [{ env: [{ value: '1' }] }] } };
const set = (change: object = {}) => ({
  metadata: { name: 'set', uid: 'set', generation: 1 },
  spec: { replicas: 2, template, ...change },
  status: { observedGeneration: 1, readyReplicas: 2 },
});
const job = (status: object) => ({
  metadata: { name: 'job', uid: 'job' },
  spec: { completions: 2, podReplacementPolicy: 'Failed' },
  status: { conditions: [{ type: 'Complete', status: 'True' }], succeeded: 2, completedIndexes: '0-1', ...status },
});
const owned = (name: string, owner: string, labels: object = {}) => ({
  metadata: { name, uid: name, labels, ownerReferences: [{ uid: owner }] },
});
const service = { metadata: { name: 'set', uid: 'service' }, spec: { selector: { app: 'set' } } };
const slice = (targets: readonly string[]) => ({
  ...owned('slice', 'service', { 'kubernetes.io/service-name': 'set' }),
  endpoints: targets.map((uid) => ({ conditions: { ready: true }, targetRef: { uid } })),
});
const node = { metadata: { name: 'n', uid: 'n' }, status: { conditions: ready } };
const seen = {
  pods: [pod('set-0', 'set'), pod('set-1', 'set')],
  nodes: [node],
  deployments: [],
  replicaSets: [],
  statefulSets: [set()],
  controllerRevisions: [owned('r1', 'set')],
  jobs: [],
  services: [service],
  endpointSlices: [slice(['set-0', 'set-1'])],
  leases: [owned('n', 'n')],
};

const finds = test.macro<[string, object, readonly string[]]>({
  title: (_title, what) => `notConverged() finds ${what}`,
  exec(t, _what, change, expected) {
    const found = notConverged({ ...seen, ...change } as unknown as Seen);
    t.deepEqual(
      found.map(({ rule }) => rule),
      [...expected],
    );
  },
});

test(finds, 'nothing where all is as it should be', {}, []);
test(finds, 'a pod that is missing', { pods: [pod('set-0', 'set')] }, ['converged', 'converged', 'endpoints']);
test(finds, 'a pod too many', { pods: [...seen.pods, pod('set-2', 'set')] }, ['converged', 'converged', 'endpoints']);
test(finds, 'another ordinal', { pods: [seen.pods[0], pod('set-5', 'set')] }, ['converged', 'endpoints']);
test(finds, 'a pod of an older template', { pods: [seen.pods[0], pod('set-1', 'set', { value: '0' })] }, ['converged']);
test(
  finds,
  'none of an older template below the partition',
  {
    statefulSets: [set({ updateStrategy: { rollingUpdate: { partition: 1 } } })],
    pods: [pod('set-0', 'set', { value: '0' }), seen.pods[1]],
  },
  [],
);
test(finds, 'a status that is behind', { statefulSets: [{ ...set(), status: { observedGeneration: 0 } }] }, [
  'converged',
]);
test(finds, 'pods whose node is not there', { nodes: [], leases: [] }, ['orphan', 'orphan']);
test(finds, 'a node that is not Ready', { nodes: [{ ...node, status: {} }] }, ['converged']);
test(finds, 'a pod of nobody', { pods: [seen.pods[0], pod('set-1', 'set', { owner: 'gone' })] }, ['orphan']);
test(finds, 'a ReplicaSet of nobody', { replicaSets: [owned('x', 'gone')] }, ['orphan']);
test(finds, 'a ControllerRevision of nobody', { controllerRevisions: [owned('x', 'gone')] }, ['orphan']);
test(finds, 'a Lease of nobody', { leases: [owned('x', 'gone')] }, ['orphan']);
test(
  finds,
  'an EndpointSlice of nobody, and one of a Service that is not there',
  {
    endpointSlices: [
      ...seen.endpointSlices,
      owned('x', 'gone', { 'kubernetes.io/service-name': 'set' }),
      { metadata: { name: 'y', uid: 'y', labels: { 'kubernetes.io/service-name': 'other' } } },
    ],
  },
  ['orphan', 'orphan'],
);
test(finds, 'an endpoint that is missing', { endpointSlices: [slice(['set-0'])] }, ['endpoints']);
test(finds, 'an endpoint that is there twice', { endpointSlices: [slice(['set-0', 'set-1', 'set-1'])] }, ['endpoints']);

const succeeded = [0, 1].map((i) => pod(`job-${i}`, 'job', { phase: 'Succeeded' }));
test(finds, 'nothing in a Job that is complete', { jobs: [job({})], pods: [...seen.pods, ...succeeded] }, []);
test(
  finds,
  'a Job that has not counted all',
  { jobs: [job({ completedIndexes: '0' })], pods: [...seen.pods, ...succeeded] },
  ['converged'],
);
test(finds, 'a Job with pods that run', { jobs: [job({})], pods: [...seen.pods, pod('job-0', 'job')] }, ['converged']);
test(
  finds,
  'a Job that holds pods',
  { jobs: [job({})], pods: [...seen.pods, pod('job-0', 'job', { phase: 'Succeeded', finalizers: ['f'] })] },
  ['converged'],
);
test(
  finds,
  'a Job with more successes than indexes',
  { jobs: [job({})], pods: [...seen.pods, ...succeeded, pod('job-2', 'job', { phase: 'Succeeded' })] },
  ['converged'],
);

test('createRandom() gives the same for the same seed', (t) => {
  const few = (seed: number) => {
    const random = createRandom(seed);
    return Array.from({ length: 5 }, () => random.between(0, 100));
  };
  t.deepEqual(few(1), few(1));
  t.notDeepEqual(few(1), few(2));
});
