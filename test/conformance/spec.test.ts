import test from 'ava';
import { areaOf, rotation, scheduleOf, select } from './spec.ts';

const names = [
  '[k8s.io] Pods run [NodeConformance] [Conformance]',
  '[sig-apps] Jobs wait [Slow] [Conformance]',
  '[sig-apps] Taints bite [Serial] [Conformance]',
  '[sig-cli] Kubectl gets [Conformance]',
];

test('areaOf() calls the old name of the node by its new one', (t) => {
  t.deepEqual(names.map(areaOf), ['sig-node', 'sig-apps', 'sig-apps', 'sig-cli']);
});

test('select() takes what is focused, not skipped, and named', (t) => {
  t.deepEqual(select(names, { focus: /sig-apps/, skip: /Serial/ }), [names[1]]);
  t.deepEqual(select(names, { onlyNode: true }), [names[0]]);
  t.deepEqual(select(names, { names: new Set([names[3]!]) }), [names[3]]);
});

test('scheduleOf() keeps serial specs apart and begins with slow ones', (t) => {
  t.deepEqual(scheduleOf(names), { parallel: [names[1], names[0], names[3]], serial: [names[2]] });
});

test('rotation() always has NodeConformance, and reaches every other spec within three turns', (t) => {
  const bounds = { budgetSeconds: 60, workers: 1 };
  const turns = [0, 1, 2].map((turn) => rotation(names, () => 30, { ...bounds, turn }));
  for (const chosen of turns) t.is(chosen[0], names[0]);
  t.deepEqual([...new Set(turns.flat())].sort(), [...names].sort());
});

test('rotation() has what takes very long every third turn', (t) => {
  const bounds = { budgetSeconds: 60, workers: 4 };
  const secondsOf = (name: string) => (name === names[0] ? 31 : 5);
  const turns = [0, 1, 2, 3].map((turn) => rotation(names, secondsOf, { ...bounds, turn }).includes(names[0]!));
  t.deepEqual(turns, [true, false, false, true]);
});
