import test from 'ava';
import { planEventFault, planFault } from './plan.ts';
import { createRandom } from './random.ts';

test('createRandom() gives the same numbers for the same seed', (t) => {
  const take = (seed: number) => Array.from({ length: 5 }, createRandom(seed).next);
  t.deepEqual(take(7), take(7));
  t.notDeepEqual(take(7), take(8));
  t.true(take(7).every((one) => 0 <= one && one < 1));
});

test('planFault() and planEventFault() do all that they can do', (t) => {
  const random = createRandom(1);
  const done = new Set(Array.from({ length: 2_000 }, () => planFault(random).do));
  t.deepEqual([...done].sort(), ['abandon', 'delay', 'lose', 'nothing', 'refuse']);
  const events = new Set(Array.from({ length: 2_000 }, () => planEventFault(random).do));
  t.deepEqual([...events].sort(), ['cut', 'delay', 'double', 'drop', 'nothing']);
});
