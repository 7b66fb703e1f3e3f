import test from 'ava';
import type { StatefulSet } from '#lib/api/types/apps.v1.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { planStatefulSet } from './plan.ts';

const nowMs = Date.UTC(2026, 0, 1);

function set(spec: object = {}, status: object = {}): StatefulSet {
  return {
    metadata: { name: 's', namespace: 'n', uid: 's', generation: 1 },
    spec: { replicas: 3, selector: {}, template: {}, ...spec },
    status: { currentReplicas: 3, ...status },
  } as unknown as StatefulSet;
}

function pod(ordinal: number, state: 'ready' | 'pending' | 'failed' | 'leaving' = 'ready', revision = 's-new'): Pod {
  return {
    metadata: {
      name: `s-${ordinal}`,
      uid: `s-${ordinal}`,
      labels: { 'controller-revision-hash': revision },
      ...(state === 'leaving' ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: {},
    status: {
      phase: state === 'failed' ? 'Failed' : state === 'pending' ? 'Pending' : 'Running',
      conditions: [{ type: 'Ready', status: state === 'ready' || state === 'leaving' ? 'True' : 'False' }],
    },
  } as unknown as Pod;
}

const plan = (of: StatefulSet, pods: readonly Pod[], current = 's-new', update = 's-new') =>
  planStatefulSet({ set: of, pods, current, update, collisionCount: 0, nowMs });

const does = test.macro<[string, StatefulSet, readonly Pod[], readonly string[], string?]>({
  title: (_title, what) => `planStatefulSet() ${what}`,
  exec(t, _what, of, pods, expected, current) {
    const { create, delete: remove } = plan(of, pods, current);
    t.deepEqual(
      [...create.map(({ ordinal }) => `+${ordinal}`), ...remove.map(({ metadata }) => `-${metadata.name.slice(2)}`)],
      [...expected],
    );
  },
});

test(does, 'begins with the first', set(), [], ['+0']);
test(does, 'waits for one to be ready', set(), [pod(0, 'pending')], []);
test(does, 'goes on when it is', set(), [pod(0)], ['+1']);
test(does, 'makes all at once if it may', set({ podManagementPolicy: 'Parallel' }), [], ['+0', '+1', '+2']);
test(does, 'takes the last away first', set({ replicas: 1 }), [pod(0), pod(1), pod(2)], ['-2']);
test(does, 'waits for one to be gone', set({ replicas: 1 }), [pod(0), pod(1), pod(2, 'leaving')], []);
test(does, 'does not scale down past an unsound one', set({ replicas: 1 }), [pod(0, 'pending'), pod(1), pod(2)], []);
test(does, 'makes a failed one anew', set(), [pod(0, 'failed'), pod(1), pod(2)], ['-0']);
test(does, 'begins where it is told to', set({ ordinals: { start: 2 }, replicas: 2 }), [pod(2)], ['+3']);
test(
  does,
  'updates from the last',
  set(),
  [pod(0, 'ready', 's-old'), pod(1, 'ready', 's-old'), pod(2, 'ready', 's-old')],
  ['-2'],
  's-old',
);
test(
  does,
  'waits for the updated one',
  set(),
  [pod(0, 'ready', 's-old'), pod(1, 'ready', 's-old'), pod(2, 'pending')],
  [],
  's-old',
);
test(
  does,
  'leaves those below the partition',
  set({ updateStrategy: { rollingUpdate: { partition: 2 } } }),
  [pod(0, 'ready', 's-old'), pod(1, 'ready', 's-old'), pod(2)],
  [],
  's-old',
);
test(
  does,
  'leaves all on OnDelete',
  set({ updateStrategy: { type: 'OnDelete' } }),
  [pod(0, 'ready', 's-old'), pod(1), pod(2)],
  [],
  's-old',
);

test(
  does,
  'rounds a share of pods down that may be missing, to one at least',
  set({ updateStrategy: { rollingUpdate: { partition: 0, maxUnavailable: '67%' } } }),
  [pod(0, 'ready', 's-old'), pod(1, 'ready', 's-old'), pod(2, 'ready', 's-old')],
  ['-2', '-1'],
  's-old',
);
test(
  does,
  'takes one where the share is less than one',
  set({ updateStrategy: { rollingUpdate: { partition: 0, maxUnavailable: '34%' } } }),
  [pod(0, 'ready', 's-old'), pod(1, 'ready', 's-old'), pod(2, 'ready', 's-old')],
  ['-2'],
  's-old',
);

test('planStatefulSet() makes a pod new that is lost while no partition keeps it', (t) => {
  const rolling = set({ updateStrategy: { rollingUpdate: { partition: 0 } } }, { currentReplicas: 2 });
  const pods = [pod(1, 'ready', 's-old'), pod(2)];
  t.deepEqual(plan(rolling, pods, 's-old').create, [{ ordinal: 0, revision: 'update' }]);
});

test('planStatefulSet() does not end an update while pods are missing', (t) => {
  t.is(plan(set(), [pod(1), pod(2)], 's-old').status.currentRevision, 's-old');
});

test('planStatefulSet() makes a pod below the partition as it was', (t) => {
  const partitioned = set({ updateStrategy: { rollingUpdate: { partition: 1 } } });
  t.deepEqual(plan(partitioned, [], 's-old').create, [{ ordinal: 0, revision: 'current' }]);
  t.deepEqual(plan(partitioned, [pod(0, 'ready', 's-old')], 's-old').create, [{ ordinal: 1, revision: 'update' }]);
});

test('planStatefulSet() ends an update when all are new and ready', (t) => {
  const { status } = plan(set(), [pod(0), pod(1), pod(2)], 's-old');
  t.like(status, { currentRevision: 's-new', currentReplicas: 3, updatedReplicas: 3, readyReplicas: 3 });
});
