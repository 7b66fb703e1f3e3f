import test from 'ava';
import { mandatoryLevels } from '#lib/api/kinds/cluster/mandatory-flow.ts';
import type { FlowSchema } from '#lib/api/types/flowcontrol.v1.ts';
import { type WantedSpec, wantedLevels, wantedSchemas } from './objects.ts';
import { danglingOf, planFlow } from './plan.ts';

const named = <T>(all: readonly WantedSpec<T>[], name: string) => all.find((one) => one.name === name)!;
const system = named(wantedLevels, 'system');
const exempt = named(wantedLevels, 'exempt');
const key = 'apf.kubernetes.io/autoupdate-spec';
const marked = (value: string) => ({ name: 'system', annotations: { [key]: value } });
const other = { ...system.spec, limited: { ...system.spec.limited!, nominalConcurrencyShares: 7 } };

test('planFlow() makes what lacks, marked as ours', (t) => {
  t.deepEqual(planFlow(system, undefined), { do: 'create', object: { metadata: marked('true'), spec: system.spec } });
});

test('planFlow() leaves alone what is as it should be', (t) => {
  t.is(planFlow(system, { metadata: marked('true'), spec: system.spec }).do, 'nothing');
});

test('planFlow() puts right what is marked as ours, and nothing that people have taken over', (t) => {
  t.like(planFlow(system, { metadata: marked('true'), spec: other }), { do: 'update', object: { spec: system.spec } });
  t.is(planFlow(system, { metadata: marked('false'), spec: other }).do, 'nothing');
});

test('planFlow() takes one without a mark for ours until it was changed', (t) => {
  const first = planFlow(system, { metadata: { name: 'system', generation: 1 }, spec: other });
  t.like(first, { do: 'update', object: { metadata: marked('true'), spec: system.spec } });
  const second = planFlow(system, { metadata: { name: 'system', generation: 2 }, spec: other });
  t.like(second, { do: 'update', object: { metadata: marked('false'), spec: other } });
});

test('planFlow() puts right what is mandatory, whatever its mark says, but for what the exempt level may lend', (t) => {
  const theirs = { type: 'Exempt', exempt: { nominalConcurrencyShares: 9, lendablePercent: 50 } };
  t.is(planFlow(exempt, { metadata: marked('true'), spec: theirs }).do, 'nothing');
  const all = named(wantedLevels, 'catch-all');
  t.like(planFlow(all, { metadata: marked('false'), spec: other }), {
    do: 'update',
    object: { metadata: marked('true'), spec: mandatoryLevels.get('catch-all') },
  });
});

test('every flow that is wanted has a level that is wanted', (t) => {
  const levels = new Set(wantedLevels.map(({ name }) => name));
  for (const { name, spec } of wantedSchemas) t.true(levels.has(spec.priorityLevelConfiguration!.name), name);
  t.is(wantedSchemas.length, 13);
  t.is(levels.size, 8);
});

const flow = { metadata: { name: 'a' }, spec: { priorityLevelConfiguration: { name: 'b' } } } as FlowSchema;
const now = '2026-01-01T00:00:00Z';

test('danglingOf() says whether the level is there, once', (t) => {
  const condition = danglingOf(flow, true, now)!;
  t.deepEqual(condition, {
    type: 'Dangling',
    status: 'False',
    reason: 'Found',
    message: 'This FlowSchema references the PriorityLevelConfiguration object named "b" and it exists',
    lastTransitionTime: now,
  });
  const told = { ...flow, status: { conditions: [condition] } };
  t.is(danglingOf(told, true, 'later'), undefined);
  t.like(danglingOf(told, false, 'later'), {
    status: 'True',
    reason: 'NotFound',
    message: 'This FlowSchema references the PriorityLevelConfiguration object named "b" but there is no such object',
    lastTransitionTime: 'later',
  });
});
