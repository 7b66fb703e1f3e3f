import test from 'ava';
import { type Observation, replay, type World } from './history.ts';
import { judge } from './judge.ts';
import { historyOf, pod, podOf } from './testing.ts';
import { lostWishes } from './wanted.ts';

test('judge() goes by revisions, whatever was heard first', (t) => {
  const job = { metadata: { name: 'owner', uid: 'owner' }, spec: { podReplacementPolicy: 'Failed' } };
  const [jobs, first, ended, second] = historyOf([
    { kind: 'jobs', put: job },
    pod('a', { index: 0 }),
    pod('a', { index: 0, phase: 'Failed' }),
    pod('b', { index: 0 }),
  ]);
  t.deepEqual(judge([first!, ended!, second!, jobs!]), []);
  t.deepEqual(
    judge([first!, second!, jobs!].map((one) => one!)).map(({ rule }) => rule),
    ['index-twice'],
  );
});

test('judge() finds a watch that goes back or shows an event again', (t) => {
  const [a, b] = historyOf([pod('a'), pod('b')]) as readonly [Observation, Observation];
  t.deepEqual(judge([a, b]), []);
  t.deepEqual(
    judge([b, a]).map(({ rule }) => rule),
    ['watch'],
  );
  t.deepEqual(
    judge([a, a]).map(({ rule }) => rule),
    ['watch'],
  );
});

test('replay() takes another uid of the same name for another object, and forgets what a list does not show', (t) => {
  let last: World | undefined;
  const look = (told: Parameters<typeof historyOf>[0]) => {
    replay(historyOf(told), [
      (_step, world) => {
        last = world;
        return [];
      },
    ]);
    return [...last!.pods.keys()];
  };
  t.deepEqual(look([pod('a', { uid: '1' }), pod('a', { uid: '2' })]), ['2']);
  t.deepEqual(look([pod('a'), pod('b'), { kind: 'pods', list: [podOf('b'), podOf('c')] }]), ['b', 'c']);
});

test('replay() knows between which times a step was', (t) => {
  const [a, b] = historyOf([pod('a'), { ...pod('b'), after: 100 }]) as readonly [Observation, Observation];
  const times: number[][] = [];
  const late = [{ ...a, atMs: b.atMs + 5_000 }, b]; // heard after what came later: its watch was behind
  replay(late, [
    ({ earliestMs, latestMs }) => {
      times.push([b.atMs - earliestMs, b.atMs - latestMs]);
      return [];
    },
  ]);
  t.deepEqual(times, [
    [100_000, 0],
    [0, 0],
  ]);
});

const spec = { replicas: 2, template: { spec: { containers: [{ name: 'c' }] } } };
const found = (is: object, metadata: object = {}) => ({ metadata: { name: 'w', ...metadata }, spec: is }) as never;
const wish = { kind: 'Deployment', name: 'w', spec };

test('lostWishes() finds what was acknowledged and is not there, or is otherwise', (t) => {
  const rules = (is: object | undefined) =>
    lostWishes([{ wish, found: is === undefined ? undefined : found(is) }]).length;
  t.is(rules({ ...spec, paused: false }), 0);
  t.is(rules({ ...spec, template: { spec: { containers: [{ name: 'c', image: 'i' }] } } }), 0);
  t.is(rules(undefined), 1);
  t.is(rules({ ...spec, replicas: 3 }), 1);
  t.is(rules({ ...spec, template: { spec: { containers: [{ name: 'd' }] } } }), 1);
});

test('lostWishes() lets what was removed go its way, but not for ever', (t) => {
  const removed = { ...wish, spec: undefined, isGone: true };
  const leaving = found(spec, { deletionTimestamp: '2026-01-01T00:00:00Z' });
  t.is(lostWishes([{ wish: removed, found: undefined }], true).length, 0);
  t.is(lostWishes([{ wish: removed, found: leaving }]).length, 0);
  t.is(lostWishes([{ wish: removed, found: leaving }], true).length, 1);
  t.is(lostWishes([{ wish: removed, found: found(spec) }]).length, 1);
});
