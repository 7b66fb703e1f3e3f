import test from 'ava';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  milliValue,
  readQuantity,
  roundedToMilli,
  subtractQuantities,
  wholeValue,
} from './quantity.ts';

const canonical = test.macro<[string, string]>({
  title: (_title, text, expected) => `canonicalQuantity() writes ${text} as ${expected}`,
  exec: (t, text, expected) => {
    t.is(canonicalQuantity(text), expected);
    t.is(canonicalQuantity(expected), expected);
  },
});
for (const [text, expected] of [
  ['0', '0'],
  ['0Ki', '0'],
  ['-0', '0'],
  ['1000m', '1'],
  ['1500m', '1500m'],
  ['0.1', '100m'],
  ['.5', '500m'],
  ['5.', '5'],
  ['1.5', '1500m'],
  ['1000', '1k'],
  ['1500', '1500'],
  ['1024', '1024'],
  ['1024Ki', '1Mi'],
  ['1.5Gi', '1536Mi'],
  ['0.5Ki', '512'],
  ['0.1Ki', '102400m'],
  ['1Ki', '1Ki'],
  ['1000Ki', '1000Ki'],
  ['1e3', '1e3'],
  ['1E3', '1e3'],
  ['12e2', '1200'],
  ['1E', '1E'],
  ['100000000', '100M'],
  ['1n', '1n'],
  ['0.1n', '1n'],
  ['-0.1n', '-1n'],
  ['+3', '3'],
  ['-5Mi', '-5Mi'],
  ['9999999999999999999', '9223372036854775807'],
  ['1e999999999', '9223372036854775807'],
  ['1e-999999999', '1e-9'],
  ['00.0001', '100u'],
] as const) {
  test(canonical, text, expected);
}

for (const text of ['', '.', 'm', '1x', '1 Gi', '1.2.3', '1Kii', '1e', '--1', '1Gib', 'NaN', ' 1']) {
  test(`readQuantity() refuses ${JSON.stringify(text)}`, (t) => {
    t.is(readQuantity(text), undefined);
  });
}

test('compareQuantities() compares across formats', (t) => {
  t.is(compareQuantities('1', '1000m'), 0);
  t.is(compareQuantities('1Ki', '1k'), 1);
  t.is(compareQuantities('-1', '1n'), -1);
});
test('addQuantities() keeps the format of the first that is not zero', (t) => {
  t.is(addQuantities('1Gi', '1Gi'), '2Gi');
  t.is(addQuantities('0', '1Gi'), '1Gi');
  t.is(addQuantities('250m', '750m'), '1');
  t.is(subtractQuantities('1', '250m'), '750m');
});
test('milliValue() and wholeValue() round up', (t) => {
  t.is(milliValue('0.0001'), 1);
  t.is(milliValue('2'), 2000);
  t.is(wholeValue('1500m'), 2);
  t.is(wholeValue('64Mi'), 67_108_864);
  t.is(roundedToMilli('1u'), '1m');
});
