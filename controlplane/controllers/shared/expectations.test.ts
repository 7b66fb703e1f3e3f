import test from 'ava';
import { Expectations } from './expectations.ts';

test('Expectations are met when all that was begun is seen', (t) => {
  const open = new Expectations();
  t.true(open.areMet('a', 0));
  open.expect('a', 2, ['x'], 0);
  open.created('a');
  open.deleted('a', 'x');
  t.false(open.areMet('a', 0));
  open.created('a');
  t.true(open.areMet('a', 0));
});

test('Expectations do not count the same deletion twice, nor that of another', (t) => {
  const open = new Expectations();
  open.expect('a', 0, ['x', 'y'], 0);
  for (const uid of ['x', 'x', 'z']) open.deleted('a', uid);
  open.deleted('b', 'y');
  t.false(open.areMet('a', 0));
  open.deleted('a', 'y');
  t.true(open.areMet('a', 0));
});

test('Expectations are given up after five minutes, or when the object is gone', (t) => {
  const open = new Expectations();
  open.expect('a', 1, [], 0);
  t.false(open.areMet('a', 300_000));
  t.true(open.areMet('a', 300_001));
  open.expect('a', 1, [], 0);
  open.forget('a');
  t.true(open.areMet('a', 0));
});
