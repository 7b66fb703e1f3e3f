import test from 'ava';
import { updates, validates } from '../testing.ts';

const metadata = { name: 'e', namespace: 'ns' };
const pod = { kind: 'Pod', namespace: 'ns', name: 'p' };
const newer = {
  metadata,
  eventTime: '2026-01-01T00:00:00.000000Z',
  reportingController: 'k8s.io/test',
  reportingInstance: 'test-1',
  action: 'Act',
  reason: 'Why',
  type: 'Normal',
  regarding: pod,
};
const strict = validates('events.k8s.io', 'Event', newer);
const long = 'x'.repeat(129);

test('whole', strict, {});
test('a series', strict, { series: { count: 2, lastObservedTime: '2026-01-01T00:00:01.000000Z' } });
test('about an object of another namespace', strict, { regarding: { namespace: 'other' } });
test('without a time', strict, { eventTime: undefined }, /eventTime: Required value/);
test('of an unknown type', strict, { type: 'Loud' }, 'type: Invalid value: "": has invalid value: Loud');
test(
  'without controller',
  strict,
  { reportingController: '' },
  'reportingController: Required value',
  /^reportingController: Invalid value: "": name part must be non-empty$/,
  /^reportingController: Invalid value: "": name part must consist of/,
);
test('of a bad controller', strict, { reportingController: 'a b' }, /^reportingController: Invalid value: "a b"/);
test('without instance', strict, { reportingInstance: '' }, 'reportingInstance: Required value');
test('without action', strict, { action: '' }, 'action: Required value');
test('without reason', strict, { reason: '' }, 'reason: Required value');
for (const field of ['reportingInstance', 'action', 'reason'])
  test(`too long: ${field}`, strict, { [field]: long }, `${field}: Invalid value: "": can have at most 128 characters`);
test(
  'too long a note',
  strict,
  { note: 'é'.repeat(513) },
  'message: Invalid value: "": can have at most 1024 characters',
);
test(
  'about nothing in a namespace',
  strict,
  { regarding: { namespace: '' } },
  'involvedObject.namespace: Invalid value: "": does not match event.namespace',
);
test('about a node', strict, { metadata: { namespace: 'kube-system' }, regarding: { namespace: '' } });
test(
  'a series of one',
  strict,
  { series: { count: 1, lastObservedTime: '2026-01-01T00:00:01.000000Z' } },
  'series.count: Invalid value: "": should be at least 2',
);
test('a series without time', strict, { series: { count: 2 } }, 'series.lastObservedTime: Required value');
for (const [field, told, value] of [
  ['deprecatedCount', 'count', 1],
  ['deprecatedFirstTimestamp', 'firstTimestamp', '2026-01-01T00:00:00Z'],
  ['deprecatedLastTimestamp', 'lastTimestamp', '2026-01-01T00:00:00Z'],
  ['deprecatedSource', 'source', { host: 'a' }],
] as const)
  test(`with ${field}`, strict, { [field]: value }, `${told}: Invalid value: "": needs to be unset`);

// A conformance spec changes the note of one that is stored.
const changed = updates('events.k8s.io', 'Event', newer);
test('takes another note', changed, { note: 'more' });
test('takes another object, type and series', changed, {
  regarding: { name: 'q' },
  type: 'Warning',
  series: { count: 1 },
});
test('keeps a reason', changed, { reason: '' }, /^reason: Required value$/);

const older = { metadata, involvedObject: pod, reason: 'Why', type: 'Normal', source: { component: 'x' }, count: 1 };
const legacy = validates('', 'Event', older);
test('of the older kind', legacy, {});
test('of the older kind, of whatever type', legacy, { type: 'Loud', reason: long });
test(
  'of the older kind, about an object elsewhere',
  legacy,
  { involvedObject: { namespace: 'other' } },
  'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
);
test(
  'of the older kind, with a time',
  legacy,
  { eventTime: '2026-01-01T00:00:00.000000Z', reportingComponent: 'x', reportingInstance: 'y' },
  'action: Required value',
);
