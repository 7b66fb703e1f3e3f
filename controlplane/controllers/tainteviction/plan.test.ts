import test from 'ava';
import type { Taint, Toleration } from '#lib/api/types/core.v1.ts';
import { stayMs } from './plan.ts';

const taint: Taint = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' };

const stays = test.macro<[readonly Taint[], readonly Toleration[], number | undefined]>({
  title: (_title, taints, tolerations, ms) => `stayMs() is ${ms} for ${JSON.stringify({ taints, tolerations })}`,
  exec(t, taints, tolerations, ms) {
    t.is(stayMs(taints, tolerations), ms);
  },
});
test(stays, [], [], undefined);
test(stays, [taint], [], 0);
test(stays, [{ ...taint, effect: 'NoSchedule' }], [], undefined);
test(stays, [taint], [{ operator: 'Exists' }], undefined);
test(stays, [taint], [{ key: taint.key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }], 300_000);
test(stays, [taint, { key: 'b', effect: 'NoExecute' }], [{ key: taint.key, operator: 'Exists' }], 0);
test(
  stays,
  [taint, { key: 'b', value: 'x', effect: 'NoExecute' }],
  [
    { key: taint.key, operator: 'Exists', tolerationSeconds: 300 },
    { key: 'b', value: 'x', tolerationSeconds: 5 },
  ],
  5_000,
);
