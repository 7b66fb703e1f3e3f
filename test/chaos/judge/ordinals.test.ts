import test from 'ava';
import { inOrder } from './ordinals.ts';
import { findings, gone, type PodState, pod, podOf, type Told } from './testing.ts';

function set(spec: object = {}, generation = 1, observed = generation): Told {
  return {
    kind: 'statefulSets',
    put: {
      metadata: { name: 's', uid: 's', generation },
      spec: { replicas: 3, podManagementPolicy: 'OrderedReady', ...spec },
      status: { observedGeneration: observed },
    },
  };
}
const revision = (name: string, number: number): Told => ({
  kind: 'controllerRevisions',
  put: {
    metadata: { name, uid: name, ownerReferences: [{ uid: 's', controller: true, name: 's' }] },
    revision: number,
  },
});
const own = (ordinal: number, state: PodState = {}) => pod(`s-${ordinal}`, { owner: 's', ...state });
const leaving = (ordinal: number, state: PodState = {}) => own(ordinal, { isLeaving: true, ...state });
const away = (ordinal: number, state: PodState = {}) => gone(`s-${ordinal}`, { owner: 's', ...state });
const later = (told: Told, after = 60): Told => ({ ...told, after });
const three = [revision('r1', 1), set(), own(0), own(1), own(2)];
const again = (ordinal: number) => own(ordinal, { uid: `${ordinal} again`, revision: 'r2' });

const finds = test.macro<[string, readonly Told[], readonly string[]]>({
  title: (_title, what) => `inOrder() ${what}`,
  exec: (t, _what, told, expected) => void t.deepEqual(findings(told, inOrder()), [...expected]),
});

test(finds, 'lets one come after the other', three, []);
test(finds, 'finds one that comes before the one before is there', [set(), own(0), own(2)], ['order']);
test(
  finds,
  'finds one that comes before the one before is ready',
  [set(), own(0, { isReady: false }), own(1)],
  ['order'],
);
test(
  finds,
  'lets one come though the one before was lost just now',
  [set(), own(0), own(0, { isReady: false }), own(1)],
  [],
);
test(
  finds,
  'finds one that comes long after the one before was lost',
  [set(), own(0), own(0, { isReady: false }), later(own(1))],
  ['order'],
);
test(
  finds,
  'lets all come at once where that is asked for',
  [set({ podManagementPolicy: 'Parallel' }), own(2), own(0)],
  [],
);
test(finds, 'finds one ordinal twice', [...three, pod('t-2', { uid: 'other', owner: 's' })], ['ordinal-twice']);
test(
  finds,
  'lets an ordinal come again when it is gone',
  [
    ...three,
    leaving(2, { isDisrupted: true }),
    away(2, { isLeaving: true, isDisrupted: true }),
    later(own(2, { uid: 'new' })),
  ],
  [],
);
test(finds, 'finds more than are asked for', [...three, own(3)], ['replicas']);
test(
  finds,
  'lets them go from the last',
  [...three, set({ replicas: 1 }, 2), later(leaving(2)), away(2, { isLeaving: true }), leaving(1)],
  [],
);
test(
  finds,
  'finds one that goes before the last is gone',
  [...three, set({ replicas: 1 }, 2), later(leaving(2)), leaving(1)],
  ['order'],
);
test(finds, 'finds one that goes before the last', [...three, set({ replicas: 1 }, 2), later(leaving(1))], ['order']);
test(finds, 'finds one that goes for nothing', [...three, later(leaving(2))], ['order']);
test(
  finds,
  'lets one go whose node was lost, or that failed',
  [...three, leaving(1, { isDisrupted: true }), leaving(2, { phase: 'Failed' })],
  [],
);
test(
  finds,
  'lets a rollout go from the last, one by one',
  [
    ...three,
    set({}, 2),
    revision('r2', 2),
    later(leaving(2)),
    away(2, { isLeaving: true }),
    later(again(2)),
    later(leaving(1)),
  ],
  [],
);
test(
  finds,
  'finds a rollout that begins elsewhere',
  [...three, set({}, 2), revision('r2', 2), later(leaving(1), 60)],
  ['order'],
);
test(
  finds,
  'finds a rollout that does not wait',
  [
    ...three,
    set({}, 2),
    revision('r2', 2),
    later(leaving(2)),
    away(2, { isLeaving: true }),
    later(own(2, { uid: '2 again', revision: 'r2', isReady: false })),
    later(leaving(1)),
  ],
  ['order'],
);
test(
  finds,
  'finds a rollout that goes below the partition',
  [
    ...three,
    set({ updateStrategy: { rollingUpdate: { partition: 2 } } }, 2),
    revision('r2', 2),
    later(leaving(2)),
    away(2, { isLeaving: true }),
    later(again(2)),
    later(leaving(1)),
  ],
  ['order'],
);
test(
  finds,
  'finds one of a parallel set that is updated before those after it',
  [
    set({ podManagementPolicy: 'Parallel' }),
    revision('r1', 1),
    own(0),
    own(1),
    own(2),
    revision('r2', 2),
    later(leaving(0)),
  ],
  ['order'],
);
test(
  finds,
  'finds no order in what happened while the watch was broken',
  [...three, { kind: 'pods', list: [podOf('s-2', { owner: 's' })] }],
  [],
);
test(
  finds,
  'lets all go with their set',
  [...three, { kind: 'statefulSets', gone: set().put! }, leaving(0), leaving(1)],
  [],
);
