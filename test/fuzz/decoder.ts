import { isDeepStrictEqual } from 'node:util';
import { decodeObject } from '#lib/api/json/decode.ts';
import { encodeObject } from '#lib/api/json/encode.ts';
import { decodeProtobuf, encodeProtobuf, protobufKind } from '#lib/api/protobuf/codec.ts';
import { typeOfKind } from '#lib/api/schema.ts';
import type { Random } from '../chaos/random.ts';
import { changedBytes, changedText, changedValue } from './make.ts';
import { examples } from './objects.ts';
import { attempted } from './refusals.ts';
import type { Target } from './target.ts';

const tokens = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ':',
  ',',
  '\\u0000',
  '\\ud800',
  '1e999',
  '-0',
  '9007199254740993',
  'null',
  '"__proto__":{"polluted":1},',
];

function typeOf({ apiVersion, kind }: Readonly<Record<string, unknown>>) {
  const [version = '', group = ''] = String(apiVersion).split('/').toReversed();
  return typeOfKind(group, version, String(kind))!;
}

/** JSON as clients send it: what is taken reads the same once it is written. */
export const json: Target = {
  name: 'json',
  run(random) {
    const example = random.pick(examples);
    const type = typeOf(example);
    const value = random.next() < 0.5 ? changedValue(random, example) : example;
    const plain = JSON.stringify(value) ?? 'null';
    const text = random.next() < 0.6 ? changedText(random, plain, tokens) : plain;
    const decoded = attempted(() => decodeObject(text, type));
    attempted(() => decodeObject(text, undefined));
    if (decoded === undefined) return;
    const written = encodeObject(decoded.object, type);
    const again = encodeObject(decodeObject(written, type).object, type);
    if (again !== written) throw new Error(`Written again it reads ${again}, not ${written}`);
  },
};

/** Messages of clients that speak protobuf. */
export const protobuf: Target = {
  name: 'protobuf',
  run(random: Random) {
    const example = random.pick(examples);
    const type = typeOf(example);
    const bytes = encodeProtobuf(decodeObject(JSON.stringify(example), type).object, type);
    const hostile = changedBytes(random, bytes);
    attempted(() => protobufKind(hostile));
    const decoded = attempted(() => decodeProtobuf(hostile, type));
    if (decoded === undefined) return;
    const written = attempted(() => encodeProtobuf(decoded, type));
    if (written === undefined) return;
    const again = decodeProtobuf(written, type);
    if (!isDeepStrictEqual(encodeProtobuf(again, type), written))
      throw new Error('Written again it is another message');
    encodeObject(decoded, type);
  },
};
