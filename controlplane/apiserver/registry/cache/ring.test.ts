import test from 'ava';
import type { KubeObject } from '#lib/api/resource.ts';
import { type CacheEvent, createRing } from './ring.ts';
import { StoredObject } from './stored-object.ts';

function eventAt(revision: number, atMs = 0, bytes = 10): CacheEvent {
  const now = new StoredObject('a', revision, Buffer.alloc(bytes), () => ({}) as KubeObject);
  return { type: 'MODIFIED', now, before: undefined, revision, atMs };
}
const bounds = { keepMs: 1000, most: 10, mostBytes: 10_000 };

test('after() gives what is newer, and nothing where something is missing', (t) => {
  const ring = createRing(bounds);
  ring.reset(5);
  for (const revision of [6, 8, 9]) ring.add(eventAt(revision));
  t.deepEqual(
    ring.after(5)?.map(({ revision }) => revision),
    [6, 8, 9],
  );
  t.deepEqual(
    ring.after(7)?.map(({ revision }) => revision),
    [8, 9],
  );
  t.deepEqual(ring.after(9), []);
  t.is(ring.after(4), undefined);
});

test('events go by number, by size and by age', (t) => {
  const byNumber = createRing(bounds);
  for (let i = 1; i <= 25; i++) byNumber.add(eventAt(i));
  t.is(byNumber.oldest, 15);
  t.is(byNumber.after(15)?.length, 10);
  const bySize = createRing(bounds);
  for (let i = 1; i <= 5; i++) bySize.add(eventAt(i, 0, 4000));
  t.is(bySize.oldest, 3);
  const byAge = createRing(bounds);
  byAge.add(eventAt(1, 0));
  byAge.add(eventAt(2, 1500));
  t.is(byAge.oldest, 1);
});

test('a ring that is used for long stays small', (t) => {
  const ring = createRing(bounds);
  for (let i = 1; i <= 5000; i++) ring.add(eventAt(i));
  t.deepEqual(
    ring.after(4995)?.map(({ revision }) => revision),
    [4996, 4997, 4998, 4999, 5000],
  );
  t.is(ring.after(4989), undefined);
});
