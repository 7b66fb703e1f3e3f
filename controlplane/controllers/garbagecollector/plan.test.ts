import test from 'ava';
import { type DependentFacts, type DependentPlan, type OwnerState, planDependent } from './plan.ts';

const plans = test.macro<[readonly OwnerState[], Partial<DependentFacts>, DependentPlan]>({
  title: (_title, states, facts, plan) =>
    `planDependent() of owners [${states}] ${JSON.stringify(facts)} is ${JSON.stringify(plan)}`,
  exec(t, states, facts, plan) {
    const owners = states.map((state, i) => ({
      reference: { apiVersion: 'v1', kind: 'X', name: `o${i}`, uid: `u${i}` },
      state,
    }));
    t.deepEqual(planDependent({ owners, finalizers: [], hasDependents: false, isInCircle: false, ...facts }), plan);
  },
});
test(plans, [], {}, { do: 'keep' });
test(plans, ['solid'], {}, { do: 'keep' });
test(plans, ['absent'], {}, { do: 'delete', propagationPolicy: 'Background' });
test(plans, ['absent'], { finalizers: ['orphan'] }, { do: 'delete', propagationPolicy: 'Orphan' });
test(plans, ['solid', 'absent', 'waiting'], {}, { do: 'forget', uids: ['u1', 'u2'] });
test(plans, ['waiting'], {}, { do: 'delete', propagationPolicy: 'Background' });
test(plans, ['waiting', 'absent'], { hasDependents: true }, { do: 'delete', propagationPolicy: 'Foreground' });

test('planDependent() lets nobody of a circle wait for itself', (t) => {
  const reference = { apiVersion: 'v1', kind: 'X', name: 'o', uid: 'u', blockOwnerDeletion: true };
  const facts = { finalizers: [], hasDependents: true, isInCircle: true };
  t.deepEqual(planDependent({ ...facts, owners: [{ reference, state: 'waiting' }] }), { do: 'unblock' });
  const freed = { ...reference, blockOwnerDeletion: false };
  t.deepEqual(planDependent({ ...facts, owners: [{ reference: freed, state: 'waiting' }] }), {
    do: 'delete',
    propagationPolicy: 'Foreground',
  });
});
