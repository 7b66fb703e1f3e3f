import test from 'ava';
import { createResourceCache } from './resource-cache.ts';
import { parserOf } from './stored-object.ts';

const key = '/registry/things/d/a';
const value = () => Buffer.from('{"kind":"Thing","apiVersion":"v1","metadata":{"name":"a"}}');

test('createResourceCache() holds what was written as it was made for the answer', (t) => {
  const cache = createResourceCache('/registry/things/', parserOf({} as never));
  const bytes = value();
  const written = cache.written('d/a', 7, bytes);
  t.is(cache.get('d/a'), undefined, 'not before it is told');
  cache.apply({ type: 'put', key, value: bytes, revision: 7 }, 0);
  t.is(cache.get('d/a'), written);
  t.is(String(written.bytes), '{"kind":"Thing","apiVersion":"v1","metadata":{"name":"a","resourceVersion":"7"}}');
});

test('createResourceCache() reads nothing for labels that are known', (t) => {
  const cache = createResourceCache('/registry/things/', () => t.fail() as never);
  t.deepEqual(cache.written('d/a', 7, value(), { a: 'b' }).labels(), { a: 'b' });
});

test('createResourceCache() takes the same bytes under another revision for another state', (t) => {
  const cache = createResourceCache('/registry/things/', parserOf({} as never));
  const bytes = value();
  const written = cache.written('d/a', 7, bytes);
  cache.apply({ type: 'put', key, value: bytes, revision: 8 }, 0);
  t.not(cache.get('d/a'), written);
  t.is(cache.get('d/a')?.revision, 8);
  cache.apply({ type: 'put', key, value: value(), revision: 9 }, 0);
  t.is(cache.get('d/a')?.revision, 9);
});
