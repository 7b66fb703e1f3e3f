import test from 'ava';
import { keptSeries, parseSeries } from './seeds.ts';

test('parseSeries() reads a series a line, and passes over what is for people', (t) => {
  t.deepEqual(parseSeries('# all\n7 20\n\n8 5 short # a member that was paused\n'), [
    { seed: 7, rounds: 20, isShort: false },
    { seed: 8, rounds: 5, isShort: true },
  ]);
});

test('what is kept can be run', (t) => {
  const kept = keptSeries();
  t.true(kept.length > 0);
  for (const { seed, rounds } of kept) t.true(Number.isSafeInteger(seed) && rounds > 0, `${seed} ${rounds}`);
});
