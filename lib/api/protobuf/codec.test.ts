import test from 'ava';
import { decodeObject } from '#lib/api/json/decode.ts';
import { encodeObject } from '#lib/api/json/encode.ts';
import { typeNamed, typeOfKind } from '#lib/api/schema.ts';
import { StatusError } from '#lib/api/status.ts';
import {
  decodeProtobuf,
  encodeMessage,
  encodeProtobuf,
  encodeProtobufList,
  encodeProtobufWatchFrame,
  protobufKind,
  protobufListPieces,
} from './codec.ts';

const pod = typeOfKind('', 'v1', 'Pod')!;
const configMap = typeOfKind('', 'v1', 'ConfigMap')!;
const minimal = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' }, data: { b: 'c' } };

function envelope(...raw: readonly number[]): Uint8Array {
  return Uint8Array.from([0x6b, 0x38, 0x73, 0, 0x12, raw.length, ...raw]);
}

test('decodeProtobuf() passes over unknown fields of every wire type', (t) => {
  const unknown = [
    0xf8, 0x3f, 1, 0xf9, 0x3f, 1, 2, 3, 4, 5, 6, 7, 8, 0xfa, 0x3f, 1, 0, 0xfb, 0x3f, 8, 1, 0xfc, 0x3f, 0xfd, 0x3f, 1, 2,
    3, 4,
  ];
  t.deepEqual(decodeProtobuf(envelope(...unknown, 0x0a, 3, 0x0a, 1, 0x61), configMap), { metadata: { name: 'a' } });
});

const hostile = test.macro<[Uint8Array]>({
  title: (what) => `decodeProtobuf() answers BadRequest to ${what}`,
  exec: (t, bytes) => {
    const error = t.throws(() => decodeProtobuf(bytes, pod), { instanceOf: StatusError });
    t.is(error?.code, 400);
  },
});
test('nothing', hostile, new Uint8Array());
test('JSON', hostile, Buffer.from('{}'));
test('a message cut short', hostile, envelope(0x0a, 5, 1));
test('a length beyond the end', hostile, envelope(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f));
test('a varint without end', hostile, envelope(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff));
test('a wrong wire type', hostile, envelope(0x08, 1));
test('an end of group that nothing began', hostile, envelope(0xfc, 0x3f));
test('a time in the year 300000', hostile, envelope(0x0a, 10, 0x42, 8, 8, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1));
test('groups in groups', hostile, Buffer.concat([Buffer.from([0x6b, 0x38, 0x73, 0]), Buffer.alloc(100_000, 0x0b)]));

test('decodeProtobuf() answers BadRequest to messages that nest too deep', (t) => {
  const schema = typeNamed('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps');
  let props: object = {};
  for (let depth = 0; depth < 300; depth++) props = { not: props };
  const message = encodeMessage(props, schema);
  const size = [(message.length & 0x7f) | 0x80, message.length >> 7];
  const bytes = Buffer.concat([Buffer.from([0x6b, 0x38, 0x73, 0, 0x12, ...size]), message]);
  t.throws(() => decodeProtobuf(bytes, schema), { message: 'proto: messages nest too deep' });
});

test('decodeProtobuf() survives every cut and every flipped byte of a message', (t) => {
  const bytes = encodeProtobuf(decodeObject(JSON.stringify(minimal), configMap).object, configMap);
  for (let at = 0; at < bytes.length; at++) {
    for (const broken of [bytes.slice(0, at), bytes.with(at, bytes[at]! ^ 0xff), bytes.with(at, 0xff)]) {
      try {
        decodeProtobuf(broken, configMap);
      } catch (error) {
        t.true(error instanceof StatusError, String(error));
      }
    }
  }
  t.pass();
});

test('decodeProtobuf() keeps __proto__ as a key', (t) => {
  const object = decodeObject('{"data":{"__proto__":"x"}}', configMap).object;
  const back = decodeProtobuf(encodeProtobuf(object, configMap), configMap);
  t.is(Object.getPrototypeOf(back['data']), Object.prototype);
  t.is(encodeObject(back, configMap), '{"kind":"ConfigMap","apiVersion":"v1","metadata":{},"data":{"__proto__":"x"}}');
});

test('decodeProtobuf() keeps 64-bit integers exact', (t) => {
  for (const value of ['-1', '9007199254740993', '-9223372036854775808', '9223372036854775807']) {
    const object = decodeObject(`{"spec":{"activeDeadlineSeconds":${value}}}`, pod).object;
    const text = encodeObject(decodeProtobuf(encodeProtobuf(object, pod), pod), pod);
    t.regex(text, new RegExp(`"activeDeadlineSeconds":${value}[,}]`));
  }
});

test('decodeProtobuf() takes packed scalars', (t) => {
  const type = typeOfKind('', 'v1', 'PodPortForwardOptions')!;
  t.deepEqual(decodeProtobuf(envelope(0x0a, 2, 80, 81), type), { ports: [80, 81] });
});

test('encodeProtobufList() is what encoding the list at once gives', (t) => {
  const list = {
    apiVersion: 'v1',
    kind: 'ConfigMapList',
    metadata: { resourceVersion: '7' },
    items: [minimal, minimal],
  };
  const whole = encodeProtobuf(list, typeOfKind('', 'v1', 'ConfigMapList')!);
  const item = encodeMessage(minimal, configMap);
  t.deepEqual(new Uint8Array(encodeProtobufList(list, [item, item])), whole);
  const pieces = [...protobufListPieces(list, [item, item], 1)];
  t.is(pieces.length, 3);
  t.deepEqual(new Uint8Array(Buffer.concat(pieces)), whole);
});

test('encodeProtobufWatchFrame() carries the object in its envelope', (t) => {
  const object = encodeProtobuf(minimal, configMap);
  const frame = Buffer.from(encodeProtobufWatchFrame('ADDED', object));
  t.is(frame.readUInt32BE(0), frame.length - 4);
  t.is(frame.subarray(4, 11).toString('latin1'), '\n\u0005ADDED');
  t.true(frame.subarray(-object.length).equals(object));
});

test('protobufKind() reads the envelope only', (t) => {
  const { apiVersion, kind } = protobufKind(encodeProtobuf(minimal, configMap));
  t.deepEqual({ apiVersion, kind }, { apiVersion: 'v1', kind: 'ConfigMap' });
});
