import test from 'ava';
import {
  at,
  child,
  duplicate,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
  tooLong,
  tooMany,
} from './field-errors.ts';
import { invalid } from './status.ts';

test('field errors read as upstream writes them', (t) => {
  const field = child(at(child('spec', 'containers'), 0), 'name');
  t.is(field, 'spec.containers[0].name');
  t.deepEqual(required(field), { reason: 'FieldValueRequired', message: 'Required value', field });
  t.is(required(field, 'why').message, 'Required value: why');
  t.is(invalidValue(field, 'x', 'bad').message, 'Invalid value: "x": bad');
  t.is(invalidValue(field, 5, 'bad').message, 'Invalid value: 5: bad');
  t.is(invalidValue(field, undefined, 'bad').message, 'Invalid value: null: bad');
  t.is(invalidValue(field, 2n ** 53n, 'bad').message, 'Invalid value: 9007199254740992: bad');
  t.is(invalidValue(field, { a: [2n ** 53n] }, 'bad').message, 'Invalid value: {"a":[9007199254740992]}: bad');
  t.is(notSupported(field, 'x', ['b', 'a']).message, 'Unsupported value: "x": supported values: "a", "b"');
  t.is(forbiddenField(field, 'no').message, 'Forbidden: no');
  t.is(duplicate(field, 'x').message, 'Duplicate value: "x"');
  t.is(tooLong(field, 5).message, 'Too long: may not be more than 5 bytes');
  t.is(tooMany(field, 6, 5).message, 'Too many: 6: must have at most 5 items');
});

test('invalid() says once what was found twice', (t) => {
  const causes = [required('spec.a'), required('spec.a'), required('spec.b')];
  const { message } = invalid({ group: '', kind: 'Thing' }, 'x', causes);
  t.is(message, 'Thing "x" is invalid: [spec.a: Required value, spec.b: Required value]');
});
