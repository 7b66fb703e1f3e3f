import test from 'ava';
import { orphansOf, type Shim } from './plan.ts';

const shim = (pid: number, rest: Partial<Shim> = {}): Shim => ({
  pid,
  id: `s${pid}`,
  startedAt: 100,
  hasChildren: false,
  ...rest,
});
const pids = (shims: readonly Shim[]) => shims.map(({ pid }) => pid);

test('orphansOf() takes what is idle and unknown twice in a row', (t) => {
  const all = [shim(1), shim(2, { hasChildren: true }), shim(3)];
  const first = orphansOf(all, new Set(['s3']), new Set());
  t.deepEqual(pids(first.orphans), []);
  t.deepEqual(pids(orphansOf(all, new Set(['s3']), first.suspects).orphans), [1]);
  t.deepEqual(pids(orphansOf(all, new Set(['s1', 's3']), first.suspects).orphans), []);
  t.deepEqual(pids(orphansOf([shim(1, { hasChildren: true })], new Set(), first.suspects).orphans), []);
});

test('orphansOf() is not taken in by a number that is used again', (t) => {
  const first = orphansOf([shim(1)], new Set(), new Set());
  t.deepEqual(pids(orphansOf([shim(1, { startedAt: 200 })], new Set(), first.suspects).orphans), []);
});
