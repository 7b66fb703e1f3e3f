import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { decodeObject } from '#lib/api/json/decode.ts';
import { encodeObject } from '#lib/api/json/encode.ts';
import { type TypeSchema, typeNamed, typeOfKind } from '#lib/api/schema.ts';
import { decodeProtobuf, encodeProtobuf } from './codec.ts';

interface Golden {
  readonly name: string;
  readonly json: object;
  /** Base64. */
  readonly pb: string;
}

const file = new URL('testdata/golden.jsonl.gz', import.meta.url);
const all: readonly Golden[] = gunzipSync(readFileSync(file))
  .toString()
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line));

function typeOf(name: string): TypeSchema {
  const [, group, version, kind] = /^(.*)\.(v\d\w*)\.(\w+)$/.exec(name)!;
  const known = typeOfKind(group === 'core' ? '' : group!, version!, kind!);
  return known ?? typeNamed(`io.k8s.apimachinery.pkg.apis.meta.v1.${kind}`); // options of requests
}

const roundTrip = test.macro<[Golden]>({
  title: (_title, { name }) => `${name} goes JSON > protobuf > JSON and back byte for byte`,
  exec: (t, { name, json, pb }) => {
    const type = typeOf(name);
    const text = JSON.stringify(json).replaceAll('<', '\\u003c').replaceAll('>', '\\u003e');
    const decoded = decodeObject(text, type);
    t.deepEqual(decoded.unknownFields, []);
    t.is(encodeObject(decoded.object, type), text);
    const bytes = encodeProtobuf(decoded.object, type);
    t.is(Buffer.from(bytes).toString('base64'), pb);
    const back = decodeProtobuf(bytes, type);
    t.is(encodeObject(back, type), text);
    t.is(Buffer.from(encodeProtobuf(back, type)).toString('base64'), pb);
  },
});
for (const golden of all) test(roundTrip, golden);
test('There are 96 golden objects', (t) => t.is(all.length, 96));
