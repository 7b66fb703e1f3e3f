import test from 'ava';
import { withDefaults } from './default.ts';
import type { Structural } from './structural.ts';

const fills = test.macro<[string, Readonly<Record<string, Structural>>, unknown, unknown]>({
  title: (_title, what) => `withDefaults() ${what}`,
  exec: (t, _what, properties, value, expected) =>
    t.deepEqual(withDefaults(value, { type: 'object', properties }), expected),
});
const text: Structural = { type: 'string', default: 'd' };

test(fills, 'fills in what is absent', { a: text }, {}, { a: 'd' });
test(fills, 'leaves what is there', { a: text }, { a: '' }, { a: '' });
test(
  fills,
  'fills in below a default',
  { a: { type: 'object', default: {}, properties: { b: text } } },
  {},
  { a: { b: 'd' } },
);
test(fills, 'fills in nothing below what is absent', { a: { type: 'object', properties: { b: text } } }, {}, {});
test(fills, 'takes a null that may not be for absent', { a: text }, { a: null }, { a: 'd' });
test(fills, 'keeps a null that may be', { a: { ...text, nullable: true } }, { a: null }, { a: null });
test(fills, 'drops a null that may not be and has no default', { a: { type: 'string' } }, { a: null }, {});
test(
  fills,
  'looks into lists and maps',
  { a: { type: 'array', items: { type: 'object', properties: { b: text } } } },
  { a: [{}] },
  { a: [{ b: 'd' }] },
);
