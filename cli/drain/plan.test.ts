import test from 'ava';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { type DrainRules, planDrain } from './plan.ts';

const owned = (kind: string, name: string) => [{ apiVersion: 'apps/v1', kind, name, uid: 'u', controller: true }];
const plain: Pod = {
  metadata: { namespace: 'a', name: 'p', ownerReferences: owned('ReplicaSet', 'r') },
  spec: { containers: [] },
  status: { phase: 'Running' },
};
const none: DrainRules = { force: false, deleteEmptyDirData: false };

const becomes = test.macro<[Partial<Pod>, 'evict' | 'left' | 'refused', RegExp?, Partial<DrainRules>?]>({
  title: (what) => `planDrain(): ${what}`,
  exec: (t, difference, verdict, why, rules) => {
    const plan = planDrain([{ ...plain, ...difference }], new Set(['a/d']), { ...none, ...rules });
    t.deepEqual(
      [plan.evict.length, plan.left.length, plan.refused.length],
      [Number(verdict === 'evict'), Number(verdict === 'left'), Number(verdict === 'refused')],
    );
    if (why !== undefined) t.regex([...plan.left, ...plan.refused].join(), why);
  },
});
const ofDaemon = { metadata: { ...plain.metadata, ownerReferences: owned('DaemonSet', 'd') } };
const ofLostDaemon = { metadata: { ...plain.metadata, ownerReferences: owned('DaemonSet', 'x') } };
const alone = { metadata: { namespace: 'a', name: 'p' } };
const mirror = { metadata: { ...alone.metadata, annotations: { 'kubernetes.io/config.mirror': 'h' } } };
const withData = { spec: { containers: [], volumes: [{ name: 'v', emptyDir: {} }] } };
const over = { ...alone, status: { phase: 'Succeeded' } } as const;
test('a pod that somebody makes anew is evicted', becomes, {}, 'evict');
test('a pod of a DaemonSet stays', becomes, ofDaemon, 'left', /every node \(d\)/);
test('a pod whose DaemonSet is gone needs force', becomes, ofLostDaemon, 'refused', /DaemonSet is gone/);
test('with force it goes', becomes, ofLostDaemon, 'evict', undefined, { force: true });
test('a mirror of a static pod stays', becomes, mirror, 'left', /its own node/);
test('a pod that nobody makes anew needs force', becomes, alone, 'refused', /nothing would make it anew/);
test('with force that goes, too', becomes, alone, 'evict', undefined, { force: true });
test('a pod that is over goes in any case', becomes, over, 'evict');
test('data in an emptyDir is asked for', becomes, withData, 'refused', /a\/p: it has data/);
test('and lost when told so', becomes, withData, 'evict', undefined, { deleteEmptyDirData: true });
