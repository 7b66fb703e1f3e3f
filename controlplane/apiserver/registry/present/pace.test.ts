import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { createFakeClock } from '#lib/clock.ts';
import { createPace, createSlice, inSlices } from './pace.ts';
import { createUrgent } from './urgent.ts';

test('createPace() lets one go on in a turn of the event loop', async (t) => {
  const pace = createPace(createUrgent(), createFakeClock());
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

test('createPace() lets what is urgent go first, but not for ever', async (t) => {
  const clock = createFakeClock();
  const urgent = createUrgent();
  const pace = createPace(urgent, clock);
  const work = Promise.withResolvers<void>();
  const over = urgent.during(() => work.promise);
  let seen = 0;
  const go = () => void pace().then(() => (seen += 1));
  go();
  await turn();
  await clock.advance(2);
  t.is(seen, 0);
  await clock.advance(1);
  t.is(seen, 1, 'after three milliseconds in spite of it');
  go();
  await turn();
  work.resolve();
  await over;
  await clock.advance(1);
  t.is(seen, 2, 'as soon as it is over');
});

test('createUrgent() knows of the end of what fails, too', async (t) => {
  const urgent = createUrgent();
  const failing = urgent.during(() => Promise.reject(new Error('lost')));
  t.true(urgent.isAny());
  await t.throwsAsync(failing, { message: 'lost' });
  t.false(urgent.isAny());
});
