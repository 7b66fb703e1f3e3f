import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { createPace, createSlice, inSlices } from './pace.ts';

test('createPace() lets one go on in a turn of the event loop', async (t) => {
  const pace = createPace();
  const seen: string[] = [];
  for (const name of ['a', 'b', 'c']) void pace().then(() => seen.push(name));
  t.deepEqual(seen, []);
  for (const expected of [['a'], ['a', 'b'], ['a', 'b', 'c']]) {
    await turn();
    t.deepEqual(seen, expected);
  }
});

test('inSlices() keeps the order, and lets others by where the work is long', async (t) => {
  let others = 0;
  const pace = async () => void others++;
  const spin = (i: number) => {
    const untilMs = performance.now() + 0.5;
    while (performance.now() < untilMs);
    return i;
  };
  const numbers = Array.from({ length: 64 }, (_, i) => i);
  t.deepEqual(await inSlices(numbers, spin, pace), numbers);
  t.true(others >= 4, `${others}`);
  t.deepEqual(await inSlices([], spin, pace), []);
  t.false(createSlice().isOver());
});
