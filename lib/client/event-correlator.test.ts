import test from 'ava';
import { createCorrelator, type Occurrence } from './event-correlator.ts';

const base: Occurrence = {
  about: { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'a', uid: '1' },
  type: 'Normal',
  reason: 'Started',
  message: 'Started container web',
  atMs: 0,
};

test('createCorrelator() counts a repeated event up', (t) => {
  const correlator = createCorrelator();
  const first = correlator.plan(base);
  t.is(first.do, 'create');
  if (first.do === 'create') correlator.written(first.key, 'a.1', 1);
  t.like(correlator.plan({ ...base, atMs: 1000 }), { do: 'patch', name: 'a.1', count: 2 });
});

test('createCorrelator() combines more than ten similar messages', (t) => {
  const correlator = createCorrelator();
  const plans = Array.from({ length: 11 }, (_, i) => correlator.plan({ ...base, message: `m${i}` }));
  t.like(plans[0], { do: 'create', message: 'm0' });
  t.like(plans[10], { do: 'create', message: '(combined from similar events): m10' });
});

test('createCorrelator() drops a flood about one object and goes on later', (t) => {
  const correlator = createCorrelator();
  for (let i = 0; i < 25; i++) t.not(correlator.plan(base).do, 'drop');
  t.is(correlator.plan(base).do, 'drop');
  t.not(correlator.plan({ ...base, about: { ...base.about, name: 'b' } }).do, 'drop');
  t.not(correlator.plan({ ...base, atMs: 300_000 }).do, 'drop');
});
