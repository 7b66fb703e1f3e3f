import test from 'ava';
import { createWarnings } from './respond.ts';

function shown(...texts: readonly string[]): readonly number[] {
  const warnings = createWarnings();
  for (const text of texts) warnings.add(text);
  const { warning = '' } = warnings.headers();
  return warning === '' ? [] : warning.split(', ').map((one) => one.length - '299 - ""'.length);
}
const long = (length: number, letter = 'x') => letter.repeat(length);

test('createWarnings() says each once, in full', (t) => {
  t.deepEqual(shown(), []);
  t.deepEqual(shown(long(700), long(700), long(300, 'y')), [700, 300]);
  t.deepEqual(shown(long(4096)), [4096]);
});

test('createWarnings() cuts all where they are too much together, and ends there', (t) => {
  t.deepEqual(shown(long(4000), long(97, 'y')), [256, 97]);
  const many = Array.from({ length: 40 }, (_, index) => long(300 + index));
  t.deepEqual(
    shown(...many),
    many.slice(0, 16).map(() => 256),
  );
});

test('createWarnings() says what no header takes as UTF-8, without what controls', (t) => {
  const warnings = createWarnings();
  warnings.add('unknown field "\ucda0\n\u0085"');
  const { warning = '' } = warnings.headers();
  t.is(Buffer.from(warning, 'latin1').toString(), '299 - "unknown field \\"\ucda0  \\""');
});
