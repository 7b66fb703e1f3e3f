import test from 'ava';
import type { Structural } from './structural.ts';
import { validateValue } from './validate.ts';

const says = test.macro<[string, Structural, unknown, readonly string[]]>({
  title: (_title, what) => `validateValue() ${what}`,
  exec(t, _what, schema, value, expected) {
    const causes = validateValue({ x: value }, { type: 'object', properties: { x: schema } }, '');
    t.deepEqual(
      causes.map(({ field, message }) => `${field}: ${message}`),
      expected,
    );
  },
});

test(says, 'takes what is right', { type: 'string', pattern: '^a+$', maxLength: 3 }, 'aa', []);
test(says, 'names the type that it found', { type: 'integer' }, 'a', [
  'x: Invalid value: "string": x in body must be of type integer: "string"',
]);
test(says, 'takes integers for numbers', { type: 'number' }, 1, []);
test(says, 'takes null where it may be', { type: 'string', nullable: true }, null, []);
test(says, 'refuses null elsewhere', { type: 'string' }, null, [
  'x: Invalid value: "null": x in body must be of type string: "null"',
]);
test(says, 'takes both for int-or-string', { 'x-kubernetes-int-or-string': true }, '10%', []);
test(says, 'matches patterns', { type: 'string', pattern: '^b' }, 'a', [
  `x: Invalid value: "a": x in body should match '^b'`,
]);
test(says, 'bounds numbers', { type: 'integer', maximum: 10 }, 11, [
  'x: Invalid value: 11: x in body should be less than or equal to 10',
]);
test(says, 'bounds numbers without their bound', { type: 'number', minimum: 1, exclusiveMinimum: true }, 1, [
  'x: Invalid value: 1: x in body should be greater than 1',
]);
test(says, 'knows multiples', { type: 'integer', multipleOf: 3 }, 4, [
  'x: Invalid value: 4: x in body should be a multiple of 3',
]);
test(says, 'bounds texts', { type: 'string', minLength: 2 }, 'a', [
  'x: Invalid value: "a": x in body should be at least 2 chars long',
]);
test(
  says,
  'bounds lists',
  { type: 'array', items: { type: 'string' }, maxItems: 1 },
  ['a', 'b'],
  ['x: Too many: 2: must have at most 1 items'],
);
test(
  says,
  'looks into lists',
  { type: 'array', items: { type: 'object', required: ['a'] } },
  [{}],
  ['x[0].a: Required value'],
);
test(says, 'takes listed values only', { type: 'string', enum: ['a', 'b'] }, 'c', [
  'x: Unsupported value: "c": supported values: "a", "b"',
]);
test(says, 'finds an item twice in a set', setOf(), ['a', 'b', 'a'], ['x[2]: Duplicate value: "a"']);
test(says, 'finds keys twice in a map', mapOf(), [{ k: 1 }, { k: 1, v: 2 }], ['x[1]: Duplicate value: {"k":1}']);
test(says, 'knows formats', { type: 'string', format: 'ipv4' }, '1.2.3.256', [
  'x: Invalid value: "1.2.3.256": x in body must be of type ipv4: "1.2.3.256"',
]);
test(says, 'looks into other keys', { type: 'object', additionalProperties: { type: 'integer' } }, { a: 'b' }, [
  'x.a: Invalid value: "string": x.a in body must be of type integer: "string"',
]);
test(says, 'asks for one of several', { type: 'integer', oneOf: [{ minimum: 5 }, { minimum: 10 }] }, 12, [
  '<nil>: Invalid value: "": "x" must validate one and only one schema (oneOf). Found 2 valid alternatives',
]);
test(says, 'asks for none of', { type: 'integer', not: { minimum: 5 } }, 12, [
  '<nil>: Invalid value: "": "x" must not validate the schema (not)',
]);
test(says, 'asks for any of', { type: 'object', anyOf: [{ required: ['a'] }, { required: ['b'] }] }, {}, [
  '<nil>: Invalid value: "": "x" must validate at least one schema (anyOf)',
  'x.a: Required value',
]);

function setOf(): Structural {
  return { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } };
}

function mapOf(): Structural {
  return {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['k'],
    items: { type: 'object', properties: { k: { type: 'integer' }, v: { type: 'integer' } } },
  };
}
