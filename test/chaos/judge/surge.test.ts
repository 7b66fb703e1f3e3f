import test from 'ava';
import { withinSurge } from './surge.ts';
import { findings, gone, type PodState, pod, podOf, type Told } from './testing.ts';

/** 4 replicas, 1 more and 1 fewer at the most. */
function deployment(spec: object = {}, generation = 1, observed = generation, status: object = {}): Told {
  const strategy = { rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } };
  const counts = { replicas: 0, updatedReplicas: 0, availableReplicas: 0, ...status };
  return {
    kind: 'deployments',
    put: {
      metadata: { name: 'd', uid: 'd', generation },
      spec: { replicas: 4, strategy, ...spec },
      status: { observedGeneration: observed, ...counts },
    },
  };
}
const full = { replicas: 4, updatedReplicas: 4, availableReplicas: 4 };
const set = (name: string, replicas: number): Told => ({
  kind: 'replicaSets',
  put: {
    metadata: { name, uid: name, ownerReferences: [{ uid: 'd', controller: true, name: 'd' }] },
    spec: { replicas },
  },
});
const later = (told: Told, after: number): Told => ({ ...told, after });
const own = (name: string, state: PodState = {}) => pod(name, { owner: 'old', ...state });
const four = ['1', '2', '3', '4'].map((name) => own(name));

const finds = test.macro<[string, readonly Told[], readonly string[]]>({
  title: (_title, what) => `withinSurge() ${what}`,
  exec: (t, _what, told, expected) => void t.deepEqual(findings(told, withinSurge()), [...expected]),
});

test(finds, 'lets as many be as are wanted', [deployment(), set('old', 4), ...four], []);
test(
  finds,
  'lets one more come while it rolls',
  [deployment(), set('old', 4), ...four, set('new', 1), pod('5', { owner: 'new' })],
  [],
);
test(finds, 'finds ReplicaSets that ask for more together', [deployment(), set('old', 4), set('new', 2)], ['surge']);
test(finds, 'finds a pod more than its ReplicaSet may have', [deployment(), set('old', 3), ...four], ['replicas']);
test(
  finds,
  'finds a pod more than surge allows',
  [deployment(), set('old', 5), ...four, own('5'), own('6')],
  ['replicas', 'surge'],
);
test(
  finds,
  'does not count what terminates or has ended',
  [
    deployment(),
    set('old', 4),
    ...four,
    own('1', { isLeaving: true }),
    own('2', { phase: 'Failed' }),
    own('5'),
    own('6'),
  ],
  [],
);
test(
  finds,
  'counts a pod once that a list shows again, and not what is gone since',
  [
    deployment(),
    set('old', 4),
    ...four,
    { kind: 'pods', list: ['3', '4', '5', '6'].map((name) => podOf(name, { owner: 'old' })) },
  ],
  [],
);
test(
  finds,
  'counts what a list shows',
  [
    deployment(),
    set('old', 4),
    { kind: 'pods', list: ['1', '2', '3', '4', '5'].map((name) => podOf(name, { owner: 'old' })) },
  ],
  ['replicas'],
);
test(
  finds,
  'lets pods of the wish before come until the new one is known',
  [deployment(), set('old', 4), own('1'), deployment({ replicas: 1 }, 2, 1), later(own('2'), 60)],
  [],
);
test(
  finds,
  'finds pods of the wish before some time after',
  [deployment(), set('old', 4), own('1'), own('2'), deployment({ replicas: 1 }, 2, 2), later(own('3'), 60)],
  ['surge'],
);
test(
  finds,
  'finds pods of a ReplicaSet some time after it was made smaller',
  [deployment(), set('old', 4), own('1'), own('2'), set('old', 2), later(own('3'), 60)],
  ['replicas'],
);
test(
  finds,
  'lets pods of a ReplicaSet come just after it was made smaller',
  [deployment(), set('old', 4), own('1'), own('2'), set('old', 2), own('3')],
  [],
);
test(
  finds,
  'finds fewer available than allowed',
  [
    deployment(),
    set('old', 4),
    ...four,
    deployment({}, 1, 1, full),
    gone('1', { owner: 'old' }),
    own('2', { isLeaving: true }),
  ],
  ['available'],
);
test(
  finds,
  'lets as many go as may be missing',
  [deployment(), set('old', 4), ...four, deployment({}, 1, 1, full), own('2', { isLeaving: true })],
  [],
);
test(
  finds,
  'lets more be missing until all is complete again where a node was lost',
  [
    deployment(),
    set('old', 4),
    ...four,
    deployment({}, 1, 1, full),
    own('1', { isReady: false }),
    own('2', { isDisrupted: true, isLeaving: true }),
    own('3', { isLeaving: true }),
  ],
  [],
);
test(
  finds,
  'lets pods go that are not wanted any more',
  [
    deployment(),
    set('old', 4),
    ...four,
    deployment({}, 1, 1, full),
    deployment({ replicas: 1 }, 2, 2),
    set('old', 1),
    ...['1', '2', '3'].map((name) => own(name, { isLeaving: true })),
  ],
  [],
);
test(
  finds,
  'lets all pods go with their Deployment',
  [
    deployment(),
    set('old', 4),
    ...four,
    deployment({}, 1, 1, full),
    { kind: 'deployments', gone: deployment().put! },
    ...['1', '2', '3'].map((name) => gone(name, { owner: 'old' })),
  ],
  [],
);
