import test from 'ava';
import { applyJsonPatch } from './json.ts';
import { applyMergePatch } from './merge.ts';

const base = { a: 1, b: { c: [1, 2, 3] }, 'x/y~z': null };

const applies = test.macro<[unknown[], unknown]>({
  title: (title) => `applyJsonPatch() ${title}`,
  exec: (t, patch, expected) => {
    const before = structuredClone(base);
    t.deepEqual(applyJsonPatch(base, patch), expected);
    t.deepEqual(base, before);
  },
});
test('adds', applies, [{ op: 'add', path: '/d', value: 4 }], { ...base, d: 4 });
test('inserts', applies, [{ op: 'add', path: '/b/c/1', value: 9 }], { ...base, b: { c: [1, 9, 2, 3] } });
test('appends', applies, [{ op: 'add', path: '/b/c/-', value: 9 }], { ...base, b: { c: [1, 2, 3, 9] } });
test('removes', applies, [{ op: 'remove', path: '/b/c/0' }], { ...base, b: { c: [2, 3] } });
test('removes from the end', applies, [{ op: 'remove', path: '/b/c/-1' }], { ...base, b: { c: [1, 2] } });
test('replaces', applies, [{ op: 'replace', path: '/x~1y~0z', value: 1 }], { ...base, 'x/y~z': 1 });
test('moves', applies, [{ op: 'move', from: '/a', path: '/b/a' }], { 'x/y~z': null, b: { c: [1, 2, 3], a: 1 } });
test('copies', applies, [{ op: 'copy', from: '/b/c', path: '/d' }], { ...base, d: [1, 2, 3] });
test('tests', applies, [{ op: 'test', path: '/b', value: { c: [1, 2, 3] } }], base);
test('takes an absent value for null', applies, [{ op: 'test', path: '/nope', value: null }], base);

const refuses = test.macro<[unknown, string]>({
  title: (title) => `applyJsonPatch() refuses ${title}`,
  exec: (t, patch, reason) => {
    t.like(
      t.throws(() => applyJsonPatch(base, patch)),
      { reason },
    );
  },
});
test('a map', refuses, {}, 'BadRequest');
test('an unknown operation', refuses, [{ op: 'x', path: '/a' }], 'Invalid');
test('removing what is absent', refuses, [{ op: 'remove', path: '/nope' }], 'Invalid');
test('replacing what is absent', refuses, [{ op: 'replace', path: '/nope', value: 1 }], 'Invalid');
test('adding below what is absent', refuses, [{ op: 'add', path: '/nope/x', value: 1 }], 'Invalid');
test('an index beyond the end', refuses, [{ op: 'add', path: '/b/c/4', value: 1 }], 'Invalid');
test('a failed test', refuses, [{ op: 'test', path: '/a', value: 2 }], 'Invalid');
test('moving into itself', refuses, [{ op: 'move', from: '/b', path: '/b/d' }], 'Invalid');
test('walking the prototype', refuses, [{ op: 'add', path: '/__proto__/x', value: 1 }], 'Invalid');
test(
  'too many operations',
  refuses,
  Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/a', value: 1 })),
  'RequestEntityTooLarge',
);
test(
  'copies that grow without end',
  refuses,
  Array.from({ length: 60 }, (_, index) => ({ op: 'copy', from: '/b', path: `/b/d${index}` })),
  'Invalid',
);

test('applyJsonPatch() sets __proto__ as an own key', (t) => {
  const result = applyJsonPatch({}, [{ op: 'add', path: '/__proto__', value: { x: 1 } }]) as { x?: number };
  t.true(Object.hasOwn(result, '__proto__'));
  t.is(result.x, undefined);
});

test('applyMergePatch() merges maps, replaces the rest, removes null', (t) => {
  const patch = { a: null, b: { c: [9], d: { e: null, f: 1 } } };
  t.deepEqual(applyMergePatch(base, patch), { b: { c: [9], d: { f: 1 } }, 'x/y~z': null });
  t.deepEqual(base.b, { c: [1, 2, 3] });
});
test('applyMergePatch() refuses a list and leaves prototypes alone', (t) => {
  t.throws(() => applyMergePatch(base, []));
  const result = applyMergePatch({}, JSON.parse('{"__proto__":{"x":1}}')) as { x?: number };
  t.is(result.x, undefined);
});
