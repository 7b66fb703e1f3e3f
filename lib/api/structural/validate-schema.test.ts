import test from 'ava';
import type { Structural } from './structural.ts';
import { validateSchema } from './validate-schema.ts';

const says = test.macro<[string, Structural, readonly string[]]>({
  title: (_title, what) => `validateSchema() ${what}`,
  exec(t, _what, x, expected) {
    const causes = validateSchema({ type: 'object', properties: { x } }, 's');
    t.deepEqual(
      causes.map(({ field, message }) => `${field}: ${message}`),
      expected,
    );
  },
});

test(says, 'takes a structural schema', { type: 'array', items: { type: 'string', default: 'a' } }, []);
test(says, 'wants a type', {}, ['s.properties[x].type: Required value: must not be empty for specified object fields']);
test(
  says,
  'takes none for int-or-string',
  { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
  [],
);
test(says, 'wants items', { type: 'array' }, ['s.properties[x].items: Required value: must be specified']);
test(says, 'refuses references', { type: 'string', $ref: 'a' }, [
  's.properties[x].$ref: Forbidden: $ref is not supported',
]);
test(says, 'refuses types in junctors', { type: 'string', anyOf: [{ type: 'string' }] }, [
  's.properties[x].anyOf[0].type: Forbidden: must be empty to be structural',
]);
test(
  says,
  'refuses in junctors what says of what kind a value is, rules, and what metadata must be',
  {
    type: 'object',
    properties: { y: { type: 'string' }, metadata: { type: 'object' } },
    allOf: [{ 'x-kubernetes-validations': [{ rule: 'true' }], nullable: true, properties: { metadata: {} } }],
    not: { properties: { y: { 'x-kubernetes-validations': [{ rule: 'true' }], default: 'a' } } },
  },
  [
    's.properties[x].allOf[0].nullable: Forbidden: must be false to be structural',
    's.properties[x].allOf[0].x-kubernetes-validations: Forbidden: must be empty to be structural',
    's.properties[x].allOf[0].properties[metadata]: Forbidden: must not be specified in a nested context',
    's.properties[x].not.properties[y].default: Forbidden: must be undefined to be structural',
    's.properties[x].not.properties[y].x-kubernetes-validations: Forbidden: must be empty to be structural',
  ],
);
test(says, 'checks defaults', { type: 'object', default: { y: 1 } }, [
  's.properties[x].default: Invalid value: {"y":1}: must not have unknown fields',
]);
test(says, 'wants keys of maps', { type: 'array', 'x-kubernetes-list-type': 'map', items: { type: 'object' } }, [
  's.properties[x].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map',
]);

test('validateSchema() wants an object at the root', (t) => {
  t.is(validateSchema({ type: 'string' }, 's')[0]?.message, 'Invalid value: "string": must be object at the root');
});
