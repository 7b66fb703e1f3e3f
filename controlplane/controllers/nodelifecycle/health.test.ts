import test from 'ava';
import type { Node } from '#lib/api/types/core.v1.ts';
import { silenced, taintsFor } from './health.ts';

const nowMs = Date.UTC(2026, 0, 1);

test('silenced() makes what the agent reported unknown, and keeps the rest', (t) => {
  const node = nodeWith({ Ready: 'True', DiskPressure: 'False', Custom: 'True' });
  const conditions = Object.fromEntries(
    silenced(node, nowMs).map(({ type, status, reason }) => [type, `${status} ${reason}`]),
  );
  t.deepEqual(conditions, {
    Custom: 'True R',
    Ready: 'Unknown NodeStatusUnknown',
    DiskPressure: 'Unknown NodeStatusUnknown',
    MemoryPressure: 'Unknown NodeStatusNeverUpdated',
    PIDPressure: 'Unknown NodeStatusNeverUpdated',
  });
});

const taints = test.macro<
  [Record<string, string>, readonly string[], { unschedulable?: boolean; mayEvict?: boolean }?]
>({
  title: (_title, conditions, wanted, of = {}) =>
    `taintsFor() of ${JSON.stringify({ ...conditions, ...of })} are [${wanted}]`,
  exec(t, conditions, wanted, { unschedulable = false, mayEvict = true } = {}) {
    const node = nodeWith(conditions);
    const found = taintsFor({ ...node, spec: { ...node.spec, unschedulable } }, mayEvict, nowMs);
    t.deepEqual(
      found.map(({ key, effect }) => `${key.replace('node.kubernetes.io/', '')}:${effect}`),
      [...wanted],
    );
  },
});
test(taints, { Ready: 'True' }, ['dedicated:NoExecute']);
test(taints, { Ready: 'False' }, ['dedicated:NoExecute', 'not-ready:NoSchedule', 'not-ready:NoExecute']);
test(taints, { Ready: 'Unknown' }, ['dedicated:NoExecute', 'unreachable:NoSchedule'], { mayEvict: false });
test(taints, { Ready: 'True', DiskPressure: 'True' }, ['dedicated:NoExecute', 'disk-pressure:NoSchedule']);
test(taints, { Ready: 'True' }, ['dedicated:NoExecute', 'unschedulable:NoSchedule'], { unschedulable: true });

function nodeWith(conditions: Record<string, string>): Node {
  return {
    metadata: { name: 'n1' },
    spec: {
      taints: [
        { key: 'dedicated', effect: 'NoExecute' },
        { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' },
      ],
    },
    status: { conditions: Object.entries(conditions).map(([type, status]) => ({ type, status, reason: 'R' })) },
  };
}
