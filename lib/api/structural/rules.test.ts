import test from 'ava';
import { compileExpression } from '#lib/cel/compile.ts';
import { createRuleChecker, hasRules } from './rules.ts';
import type { Structural } from './structural.ts';

const schema: Structural = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      'x-kubernetes-validations': [
        { rule: 'self.min <= self.max', message: 'min must not be above max', fieldPath: '.min' },
        { rule: 'self.max < 100', messageExpression: '"max is " + string(self.max)' },
      ],
      properties: {
        min: { type: 'integer' },
        max: { type: 'integer' },
        fixed: {
          type: 'string',
          'x-kubernetes-validations': [{ rule: 'self == oldSelf', reason: 'FieldValueForbidden' }],
        },
        'a-b': { type: 'number' },
      },
    },
  },
};

function check(spec: object, old?: object): readonly string[] {
  const checker = createRuleChecker(schema, compileExpression);
  const causes = checker.check({ spec }, old === undefined ? undefined : { spec: old });
  return causes.map(({ field, message }) => `${field}: ${message}`);
}

test('Rules judge values', (t) => {
  t.deepEqual(check({ min: 1, max: 2 }), []);
  t.deepEqual(check({ min: 3, max: 2 }), ['spec.min: Invalid value: "object": min must not be above max']);
  t.deepEqual(check({ min: 1, max: 200 }), ['spec: Invalid value: "object": max is 200']);
});

test('Rules on changes judge changes only', (t) => {
  const base = { min: 1, max: 2 };
  t.deepEqual(check({ ...base, fixed: 'a' }), []);
  t.deepEqual(check({ ...base, fixed: 'a' }, { ...base, fixed: 'a' }), []);
  t.deepEqual(check({ ...base, fixed: 'b' }, { ...base, fixed: 'a' }), [
    'spec.fixed: Forbidden: failed rule: self == oldSelf',
  ]);
});

test('A rule that fails says so', (t) => {
  t.regex(check({ max: 2 })[0]!, /^spec: Invalid value: "object": no such key: min evaluating rule: min must not/);
});

test('Names are escaped', (t) => {
  const one: Structural = {
    ...schema.properties!['spec']!,
    'x-kubernetes-validations': [{ rule: 'self.a__dash__b > 1.0' }],
  };
  t.deepEqual(createRuleChecker(one, compileExpression).check({ 'a-b': 2 }, undefined), []);
});

test('hasRules() looks everywhere', (t) => {
  t.true(hasRules(schema));
  t.false(hasRules({ type: 'object' }));
});
