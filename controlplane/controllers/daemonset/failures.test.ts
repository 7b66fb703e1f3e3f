import test from 'ava';
import { createFailures } from './failures.ts';

test('createFailures() lets the first failed pod be replaced at once, and each further one later', (t) => {
  const failures = createFailures();
  t.is(failures.leftMs('s', 'a', 0), 0);
  failures.note('s', 'a', 0);
  t.is(failures.leftMs('s', 'a', 400), 600);
  t.is(failures.leftMs('s', 'b', 400), 0);
  failures.note('s', 'a', 1_000);
  t.is(failures.leftMs('s', 'a', 1_000), 2_000);
  for (let i = 0; i < 20; i++) failures.note('s', 'a', 3_000);
  t.is(failures.leftMs('s', 'a', 3_000), 900_000);
});

test('createFailures() begins anew after a long time, and for a set that was forgotten', (t) => {
  const failures = createFailures();
  for (let i = 0; i < 4; i++) failures.note('s', 'a', 0);
  failures.note('s', 'a', 1_800_001);
  t.is(failures.leftMs('s', 'a', 1_800_001), 1_000);
  failures.forget('s');
  t.is(failures.leftMs('s', 'a', 1_800_001), 0);
});
