import test from 'ava';
import { compileExpression } from './compile.ts';

const tooDeep = { message: /recursion limit/ };

test('compileExpression() takes long chains', (t) => {
  const chain = Array.from({ length: 500 }, (_, i) => `a == ${i}`).join(' || ');
  t.is(compileExpression(chain, ['a']).evaluate({ a: 499n }), true);
});

test('compileExpression() refuses what would fill the stack', (t) => {
  for (const text of [`${'!'.repeat(8_000)}a`, `${'1 + '.repeat(8_000)}1`, `${'['.repeat(8_000)}${']'.repeat(8_000)}`])
    t.throws(() => compileExpression(text, ['a']), undefined, text.slice(0, 10));
  t.throws(() => compileExpression(`${'1 + '.repeat(1_500)}1`, ['a']), tooDeep);
});

test('compileExpression() estimates whatever it takes', (t) => {
  for (const count of [100, 500, 900, 1_000, 2_000, 4_000]) {
    for (const text of [`${'1 + '.repeat(count)}1`, `${'!'.repeat(count)}a`, `${'a.'.repeat(count)}a`]) {
      try {
        t.true(compileExpression(text, ['a']).estimate!({}) > 0);
      } catch (error) {
        t.false(error instanceof RangeError, text.slice(0, 10));
      }
    }
  }
});
