import test from 'ava';
import { isSelectedBy, matchesLabels, parseLabelSelector, selectorOf, selectorText } from './labels.ts';

const labels = { app: 'web', tier: 'front', n: '7', 'a.b/c': '' };

const selects = test.macro<[string, boolean]>({
  title: (_title, text, isMatch) => `matchesLabels() ${isMatch ? 'takes' : 'leaves'} ${JSON.stringify(text)}`,
  exec: (t, text, isMatch) => {
    t.is(matchesLabels(parseLabelSelector(text), labels), isMatch);
  },
});
test(selects, '', true);
test(selects, 'app=web', true);
test(selects, 'app==web', true);
test(selects, ' app = web , tier in (front, back) ', true);
test(selects, 'app!=web', false);
test(selects, 'other!=web', true);
test(selects, 'app in (x,y)', false);
test(selects, 'app notin (x,y)', true);
test(selects, 'other notin (x)', true);
test(selects, 'app', true);
test(selects, '!app', false);
test(selects, '!other', true);
test(selects, 'n>6', true);
test(selects, 'n<7', false);
test(selects, 'a.b/c=', true);
test(selects, 'a.b/c in (,x)', true);
test(selects, 'constructor', false);

const refuses = test.macro<[string]>({
  title: (_title, text) => `parseLabelSelector() refuses ${JSON.stringify(text)}`,
  exec: (t, text) => {
    t.like(
      t.throws(() => parseLabelSelector(text)),
      { reason: 'BadRequest' },
    );
  },
});
for (const text of ['a in', 'a in (', 'a in ()b', ',a', 'a,', 'a b', '=b', 'a/b/c=d', 'a=b!', 'a=$', '!', 'a>b', '-a'])
  test(refuses, text);

test('selectorText() writes keys and values in order', (t) => {
  t.is(selectorText(parseLabelSelector('b,!c,a in (y,x),d!=e')), 'a in (x,y),b,!c,d notin (e)');
  t.is(selectorText(selectorOf({ matchLabels: { b: '2', a: '1' } })!), 'a=1,b=2');
});

test('isSelectedBy() tells an absent selector from an empty one', (t) => {
  t.false(isSelectedBy(undefined, labels));
  t.true(isSelectedBy({}, labels));
  t.true(isSelectedBy({ matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] }, labels));
  t.false(
    isSelectedBy({ matchLabels: { app: 'web' }, matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }, labels),
  );
});
