import test from 'ava';
import { typeOfKind } from '#lib/api/schema.ts';
import { asServed, isServedAs } from './splice.ts';
import { parserOf, StoredObject } from './stored-object.ts';

const parse = parserOf(typeOfKind('', 'v1', 'ConfigMap')!);

test('StoredObject gives the same parsed form to all who ask one after another', (t) => {
  let parsed = 0;
  const counted = (bytes: Buffer) => {
    parsed += 1;
    return parse(bytes);
  };
  const stored = new StoredObject('d/a', 7, Buffer.from('{"metadata":{"name":"a","labels":{"x":"y"}}}'), counted);
  t.deepEqual(stored.labels(), { x: 'y' });
  t.is(stored.object(), stored.glance());
  t.is(stored.object(), stored.object());
  const before = parsed;
  stored.object();
  t.is(parsed, before, 'kept from the second time on');
});

test('isServedAs() sees whether a write would change anything', (t) => {
  const bytes = Buffer.from(
    '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","uid":"u"},"data":{"n":"1"}}',
  );
  const known = { bytes: asServed(bytes, 12), revision: 12 };
  t.true(isServedAs(bytes, known));
  t.false(isServedAs(Buffer.from(bytes.toString().replace('"1"', '"2"')), known), 'as long, but another');
  t.false(isServedAs(Buffer.from(bytes.toString().replace('"1"', '"10"')), known));
  t.false(isServedAs(bytes.subarray(0, -1), known));
});
