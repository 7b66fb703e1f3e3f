import test from 'ava';
import { isWithin, median, quantile, renderRows } from './figures.ts';

test('quantile() lies between the values around it', (t) => {
  t.is(median([3, 1, 2]), 2);
  t.is(median([1, 2]), 1.5);
  t.is(quantile([1, 2, 3, 4, 5], 1), 5);
});

test('renderRows() says whether a bar holds', (t) => {
  const row = { name: 'start', unit: 'ms', values: [10, 20, 30], atMost: 19 };
  t.false(isWithin(row));
  t.regex(renderRows([row]), /start\s+ms\s+20\.0\s+10\.0\s+30\.0\s+3\s+OVER 19\.0/);
});
