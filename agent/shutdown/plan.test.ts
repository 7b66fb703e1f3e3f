import test from 'ava';
import { examplePod } from '../pods/example.ts';
import { periodsOf, turnsOf } from './plan.ts';

const named = (name: string, priority: number, terminationGracePeriodSeconds = 30) =>
  examplePod({ priority, terminationGracePeriodSeconds }, { metadata: { name, namespace: 'default', uid: name } });
const shown = (turns: ReturnType<typeof turnsOf>) =>
  turns.map(({ graceSeconds, pods }) => [
    graceSeconds,
    ...pods.map((one) => `${one.pod.metadata.name} ${one.graceSeconds}`),
  ]);

test('periodsOf() keeps the last part for critical pods', (t) => {
  t.deepEqual(periodsOf(30, 10), [
    { priority: 0, graceSeconds: 20 },
    { priority: 2_000_000_000, graceSeconds: 10 },
  ]);
  t.deepEqual(periodsOf(0, 0), []);
  t.deepEqual(periodsOf(10, 20), []);
});

test('turnsOf() ends the least important first, each within its own grace period and that of its turn', (t) => {
  const pods = [named('critical', 2_000_001_000), named('plain', 0), named('quick', 0, 5), named('below', -10)];
  t.deepEqual(shown(turnsOf(periodsOf(30, 10), pods)), [
    [20, 'plain 20', 'quick 5', 'below 20'],
    [10, 'critical 10'],
  ]);
});

test('turnsOf() goes by priorities, in whatever order they are given, and leaves empty turns out', (t) => {
  const periods = [
    { priority: 1000, graceSeconds: 60 },
    { priority: 0, graceSeconds: 5 },
    { priority: 100, graceSeconds: 10 },
  ];
  t.deepEqual(shown(turnsOf(periods, [named('high', 5000, 600), named('low', 99)])), [
    [5, 'low 5'],
    [60, 'high 60'],
  ]);
});
