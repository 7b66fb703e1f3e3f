import test from 'ava';
import { prune } from './prune.ts';
import type { Structural } from './structural.ts';

const leaves = test.macro<[string, Structural, unknown, unknown, readonly string[]]>({
  title: (_title, what) => `prune() ${what}`,
  exec(t, _what, schema, value, expected, unknownFields) {
    t.deepEqual(prune(value, { type: 'object', properties: { spec: schema } }, true), {
      value: expected,
      unknownFields,
    });
  },
});
const object: Structural = { type: 'object', properties: { a: { type: 'string' } } };

test(leaves, 'drops what is not specified', object, { spec: { a: 'x', b: 1 }, c: 2 }, { spec: { a: 'x' } }, [
  'spec.b',
  'c',
]);
test(
  leaves,
  'keeps what every object has',
  object,
  { kind: 'K', metadata: { x: 1 } },
  { kind: 'K', metadata: { x: 1 } },
  [],
);
test(leaves, 'looks into lists', { type: 'array', items: object }, { spec: [{ b: 1 }] }, { spec: [{}] }, ['spec[0].b']);
test(
  leaves,
  'keeps unknown fields where it is told to, and prunes below known ones',
  { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { a: object } },
  { spec: { a: { b: 1 }, c: { d: 1 } } },
  { spec: { a: {}, c: { d: 1 } } },
  ['spec.a.b'],
);
test(
  leaves,
  'keeps the identity of embedded objects',
  { type: 'object', 'x-kubernetes-embedded-resource': true },
  { spec: { apiVersion: 'v1', kind: 'K', metadata: { name: 'n' }, data: {} } },
  { spec: { apiVersion: 'v1', kind: 'K', metadata: { name: 'n' } } },
  ['spec.data'],
);
test(
  leaves,
  'takes any key of a map',
  { type: 'object', additionalProperties: object },
  { spec: { q: { a: '' } } },
  { spec: { q: { a: '' } } },
  [],
);

test('prune() shares what stays', (t) => {
  const value = { spec: { a: 'x' } };
  t.is(prune(value, { type: 'object', properties: { spec: object } }, true).value, value);
});
