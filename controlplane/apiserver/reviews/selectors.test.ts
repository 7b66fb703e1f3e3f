import test from 'ava';
import { wrongSelectors } from './selectors.ts';

const path = 'spec.resourceAttributes';
const says = test.macro<[object, readonly string[]]>({
  title: (title) => `wrongSelectors() ${title}`,
  exec(t, attributes, expected) {
    t.deepEqual(
      wrongSelectors(attributes).map(({ field, message }) => `${field}: ${message}`),
      expected,
    );
  },
});
const of = (operator: string, values: readonly string[] = [], key = 'a') => ({
  fieldSelector: { requirements: [{ key, operator, values }] },
});
test('takes what asks about all', says, {}, []);
test('takes one that is written out', says, { fieldSelector: { rawSelector: 'a=b' } }, []);
test('takes requirements', says, of('In', ['b']), []);
test('takes operators that are not known yet', says, of('Like', ['b']), []);
test('wants something', says, { labelSelector: {} }, [
  `${path}.labelSelector.requirements: Required value: when ${path}.labelSelector is specified, requirements or rawSelector is required`,
]);
test('wants one of both', says, { fieldSelector: { rawSelector: 'a=b', ...of('Exists').fieldSelector } }, [
  `${path}.fieldSelector.rawSelector: Invalid value: "a=b": may not specified at the same time as requirements`,
]);
test('wants a key', says, of('Exists', [], ''), [
  `${path}.fieldSelector.requirements[0].key: Required value: must be specified`,
]);
test('wants values', says, of('In'), [
  `${path}.fieldSelector.requirements[0].values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`,
]);
test('wants no values', says, of('Exists', ['b']), [
  `${path}.fieldSelector.requirements[0].values: Forbidden: may not be specified when \`operator\` is 'Exists' or 'DoesNotExist'`,
]);
test('wants labels', says, { labelSelector: { requirements: [{ key: 'a', operator: 'In', values: ['b c'] }] } }, [
  `${path}.labelSelector.requirements[0].values[0]: Invalid value: "b c": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
]);
