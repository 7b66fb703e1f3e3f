import test from 'ava';
import { checkFieldSelector, exactValue, matchesFields, parseFieldSelector } from './fields.ts';

const fields = { 'metadata.name': 'a', 'spec.nodeName': '', 'status.phase': 'Running' };

const selects = test.macro<[string, boolean]>({
  title: (_title, text, isMatch) => `matchesFields() ${isMatch ? 'takes' : 'leaves'} ${JSON.stringify(text)}`,
  exec: (t, text, isMatch) => {
    t.is(matchesFields(parseFieldSelector(text), fields), isMatch);
  },
});
test(selects, '', true);
test(selects, 'metadata.name=a', true);
test(selects, 'metadata.name==a,status.phase!=Failed', true);
test(selects, 'spec.nodeName=', true);
test(selects, 'spec.nodeName!=', false);
test(selects, 'metadata.name=b', false);

test('parseFieldSelector() reads escaped signs', (t) => {
  t.deepEqual(parseFieldSelector('a=b\\,c\\=d'), [{ field: 'a', isEqual: true, value: 'b,c=d' }]);
});
test('parseFieldSelector() refuses what has no sign', (t) => {
  t.throws(() => parseFieldSelector('a'), { message: "invalid selector: 'a'; can't understand 'a'" });
  t.throws(() => parseFieldSelector('a=b\\x'));
});
test('checkFieldSelector() names the field that is not supported', (t) => {
  t.throws(() => checkFieldSelector(parseFieldSelector('x=1'), ['metadata.name', 'status.phase']), {
    message: 'field label not supported: x',
  });
  t.throws(() => checkFieldSelector(parseFieldSelector('x=1'), ['metadata.name', 'metadata.namespace']), {
    message: '"x" is not a known field selector: only "metadata.name", "metadata.namespace"',
  });
});
test('exactValue() is the one value asked for', (t) => {
  t.is(exactValue(parseFieldSelector('a!=1,b=2'), 'b'), '2');
  t.is(exactValue(parseFieldSelector('a!=1,b=2'), 'a'), undefined);
});
