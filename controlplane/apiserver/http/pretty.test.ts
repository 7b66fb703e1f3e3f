import test from 'ava';
import { indentJson } from './pretty.ts';

for (const value of [
  {},
  [],
  { a: 1 },
  { a: { b: [1, 2, { c: {} }], d: [] }, e: 'x:,{}[]"\\' },
  [[], [{}], 'é\n', null, true, -1.5e300],
  'text',
]) {
  test(`indentJson() writes ${JSON.stringify(value)} as JSON.stringify would`, (t) => {
    t.is(indentJson(JSON.stringify(value)), JSON.stringify(value, null, 2));
  });
}
