import test from 'ava';
import type { KubeObject } from '#lib/api/resource.ts';
import type { JSONSchemaProps } from '#lib/api/types/apiextensions.v1.ts';
import { compileExpression } from '#lib/cel/compile.ts';
import type { Definition } from './resource.ts';
import { rulesOfVersion } from './rules.ts';

const rule = (text: string, more: object = {}) => ({ 'x-kubernetes-validations': [{ rule: text, ...more }] });
const item = { type: 'object', properties: { name: { type: 'string' }, size: { type: 'integer', maximum: 5 } } };
const properties: Record<string, JSONSchemaProps> = {
  size: { type: 'integer', maximum: 5 },
  mode: { type: 'string', enum: ['a', 'b'] },
  even: { type: 'integer', ...rule('self % 2 == 0', { message: 'must be even' }) },
  grows: { type: 'integer', ...rule('self > oldSelf', { message: 'must grow' }) },
  either: {
    type: 'integer',
    ...rule('self > oldSelf.orValue(10)', { message: 'must grow', optionalOldSelf: true }),
  },
  plain: { type: 'array', items: item },
  map: { type: 'array', items: item, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] },
  set: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
  pair: {
    type: 'object',
    properties: { low: { type: 'integer' }, high: { type: 'integer' } },
    ...rule('self.low < self.high', { message: 'low must be below high', fieldPath: '.low' }),
  },
  labels: { type: 'object', additionalProperties: { type: 'string', ...rule("self != 'x'", { message: 'no x' }) } },
};
const schema: JSONSchemaProps = { type: 'object', properties: { spec: { type: 'object', properties } } };
const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } };
const definition: Definition = {
  metadata: { name: 'tabs.example.com' },
  spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'tabs', kind: 'Tab' }, versions: [version] },
  status: {},
};
const rules = rulesOfVersion(definition, version, compileExpression);

function tab(spec: object, labels?: object): KubeObject {
  const metadata = { name: 'a', namespace: 'b', uid: 'u', resourceVersion: '1', labels };
  return { apiVersion: 'example.com/v1', kind: 'Tab', metadata, spec } as unknown as KubeObject;
}

/** Asserts what is said of the update from `old` to `next`; `~` before what is a warning only. */
const says = test.macro<[object, object, ...(readonly string[])]>({
  title: (title) => `An update ${title}`,
  exec(t, old, next, ...expected) {
    const object = tab(next, { changed: 'x' });
    const causes = rules.validateUpdate(object, tab(old));
    const texts = causes.map(({ field, message }) => `${field}: ${message}`);
    t.deepEqual([...texts, ...rules.warnings(object, tab(old)).map((text) => `~${text}`)], expected);
  },
});

const large = 'Invalid value: 9: spec.size in body should be less than or equal to 5';
test('may leave what is wrong as it was', says, { size: 9, mode: 'z' }, { size: 9, mode: 'z' });
test('may not make it wrong in another way', says, { size: 8 }, { size: 9 }, `spec.size: ${large}`);
test('may not bring what is wrong', says, {}, { size: 9 }, `spec.size: ${large}`);
test(
  'may move items of a map list that are wrong',
  says,
  { map: [{ name: 'a', size: 9 }, { name: 'b' }] },
  { map: [{ name: 'b' }, { name: 'c' }, { name: 'a', size: 9 }] },
);
test(
  'that changes a plain list has all of it looked at',
  says,
  { plain: [{ name: 'a', size: 9 }] },
  { plain: [{ name: 'a', size: 9 }, { name: 'b' }] },
  'spec.plain[0].size: Invalid value: 9: spec.plain[0].size in body should be less than or equal to 5',
);
test('that leaves a plain list does not', says, { plain: [{ size: 9 }] }, { plain: [{ size: 9 }], size: 1 });
test('may keep what stood twice in a set', says, { set: ['a', 'a'] }, { set: ['a', 'a', 'b'] });
test('may not put it there twice', says, { set: ['a'] }, { set: ['a', 'a'] }, 'spec.set[1]: Duplicate value: "a"');
test(
  'is warned of rules that did not hold before',
  says,
  { even: 3, pair: { low: 2, high: 1 } },
  { even: 3, pair: { low: 2, high: 1 } },
  '~spec.even: Invalid value: "integer": must be even',
  '~spec.pair.low: Invalid value: "object": low must be below high',
);
test(
  'has a rule hold for all that it is about',
  says,
  { pair: { low: 3, high: 2 } },
  { pair: { low: 3, high: 1 } },
  'spec.pair.low: Invalid value: "object": low must be below high',
);
test(
  'is judged by rules on changes, whatever was before',
  says,
  { grows: 1 },
  { grows: 1 },
  'spec.grows: Invalid value: "integer": must grow',
);
test('that brings a value is not judged by them', says, {}, { grows: 1 });
test(
  'that brings a value is judged by those that bear it',
  says,
  {},
  { either: 5 },
  'spec.either: Invalid value: "integer": must grow',
);
test('that changes a value is judged by those too', says, { either: 3 }, { either: 4 });
test(
  'with a wrong form has its rules left aside',
  says,
  {},
  { mode: 'z', even: 3 },
  'spec.mode: Unsupported value: "z": supported values: "a", "b"',
  '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
);
test(
  'with a wrong value has its rules looked at',
  says,
  {},
  { size: 9, even: 3 },
  `spec.size: ${large}`,
  'spec.even: Invalid value: "integer": must be even',
);
test('is told of a key of a map', says, {}, { labels: { a: 'x' } }, 'spec.labels[a]: Invalid value: "string": no x');
