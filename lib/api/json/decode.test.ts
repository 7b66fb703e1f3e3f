import test from 'ava';
import { typeOfKind } from '#lib/api/schema.ts';
import { StatusError } from '#lib/api/status.ts';
import { conformObject, decodeObject, refuseStrictProblems, strictProblems } from './decode.ts';

const pod = typeOfKind('', 'v1', 'Pod')!;
const secret = typeOfKind('', 'v1', 'Secret')!;
const service = typeOfKind('', 'v1', 'Service')!;
const lease = typeOfKind('coordination.k8s.io', 'v1', 'Lease')!;

const syntax = test.macro<[string | Uint8Array, string]>({
  title: (_title, source, message) => `decodeObject() refuses ${String(source).slice(0, 30)}: ${message}`,
  exec: (t, source, message) => {
    const error = t.throws(() => decodeObject(source, undefined), { instanceOf: StatusError });
    t.is(error?.code, 400);
    t.is(error?.message, `couldn't get version/kind; json parse error: ${message}`);
  },
});
test(syntax, '', 'unexpected end of JSON input');
test(syntax, '{', 'unexpected end of JSON input');
test(syntax, '{"a":', 'unexpected end of JSON input');
test(syntax, '{"a', 'unexpected end of JSON input');
test(syntax, '{"a" 1}', "invalid character '1' after object key");
test(syntax, '{"a":1]', "invalid character ']' after object key:value pair");
test(syntax, '{"a":[1 2]}', "invalid character '2' after array element");
test(syntax, '{"a":1,}', "invalid character '}' looking for beginning of object key string");
test(syntax, "{'a':1}", "invalid character '\\'' looking for beginning of object key string");
test(syntax, '{"a":1}x', "invalid character 'x' after top-level value");
test(syntax, '{"a":01}', "invalid character '1' after object key:value pair");
test(syntax, '{"a":-}', "invalid character '}' in numeric literal");
test(syntax, '{"a":trux}', "invalid character 'x' in literal true (expecting 'e')");
test(syntax, '{"a":NaN}', "invalid character 'N' looking for beginning of value");
test(syntax, '{"a":"\\x"}', "invalid character 'x' in string escape code");
test(syntax, '{"a":"\\u12g4"}', "invalid character 'g' in \\u hexadecimal character escape");
test(syntax, '{"a":"\n"}', "invalid character '\\n' in string literal");
test(syntax, '{"a":1e999}', 'json: cannot unmarshal number 1e999 into Go value of type float64');
test(syntax, '\ufeff{}', "invalid character '\ufeff' looking for beginning of value");
test(syntax, `${'['.repeat(100_000)}`, 'exceeded max depth');
test(syntax, `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, 'exceeded max depth');

const untyped = test.macro<[string, Record<string, unknown>]>({
  title: (_title, text) => `decodeObject() reads ${text} as it is`,
  exec: (t, text, object) => t.deepEqual(decodeObject(Buffer.from(text), undefined).object, object),
});
test(untyped, '{"a":9007199254740993}', { a: 9007199254740993n });
test(untyped, '{"a":-9223372036854775808}', { a: -9223372036854775808n });
test(untyped, '{"a":9007199254740991}', { a: 9007199254740991 });
test(untyped, '{"a":12345678901234567890123}', { a: Number('12345678901234567890123') });
test(untyped, `{"a":${'9'.repeat(300)}}`, { a: Number('9'.repeat(300)) });
test(untyped, '{"a":1.5,"b":1e3,"c":-0.5}', { a: 1.5, b: 1000, c: -0.5 });
test(untyped, '{"a":"\\ud800","b":"\\ud83d\\ude00"}', { a: '\ufffd', b: '😀' });
test(untyped, '{"a":":\\"{:","b":"\\\\"}', { a: ':"{:', b: '\\' });
test(untyped, ' {"a" : [ ] , "b" : { } , "c" : null } ', { a: [], b: {}, c: null });

test('decodeObject() takes invalid UTF-8 for U+FFFD', (t) => {
  const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]);
  t.deepEqual(decodeObject(bytes, undefined).object, { a: '\ufffd' });
});

test('decodeObject() takes __proto__ for a key, on both ways of reading', (t) => {
  for (const text of ['{"__proto__":{"x":1}}', '{"a":1,"a":1,"__proto__":{"x":1}}']) {
    const { object } = decodeObject(text, undefined);
    t.is(Object.getPrototypeOf(object), Object.prototype);
    t.true(Object.hasOwn(object, '__proto__'));
    t.is((object as { x?: unknown }).x, undefined);
  }
  const typed = decodeObject(
    '{"__proto__":{"metadata":{"name":"a"}},"metadata":{"labels":{"__proto__":"b","c":null}}}',
    pod,
  );
  t.is((typed.object as { metadata: { labels: { c: string } } }).metadata.labels.c, '');
  t.deepEqual(typed.unknownFields, ['__proto__']);
  t.false(Object.hasOwn(typed.object, '__proto__'));
});

test('decodeObject() names unknown and duplicate fields', (t) => {
  const text = `{"metadata":{"name":"a","name":"b","Labels":{}},"spec":{"foo":{"bar":1},"containers":[{},{"x.y":1,"image":"i","image":"j"}]}}`;
  const decoded = decodeObject(text, pod);
  t.deepEqual(decoded.object, { metadata: { name: 'b' }, spec: { containers: [{}, { image: 'j' }] } });
  t.deepEqual(strictProblems(decoded), [
    'unknown field "metadata.Labels"',
    'unknown field "spec.foo"',
    'unknown field "spec.containers[1].x.y"',
    'duplicate field "metadata.name"',
    'duplicate field "spec.containers[1].image"',
  ]);
  const error = t.throws(() => refuseStrictProblems(decoded, pod), { instanceOf: StatusError });
  t.regex(
    error!.message,
    /^Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "metadata.Labels", /,
  );
});

test('decodeObject() lists no more than a hundred problems', (t) => {
  const keys = Array.from({ length: 500 }, (_, index) => `"k${index}":1,"k${index}":2`);
  const decoded = decodeObject(`{${keys.join(',')}}`, pod);
  t.is(decoded.unknownFields.length, 100);
  t.is(decoded.duplicateFields.length, 100);
});

const mismatches = test.macro<[string, string]>({
  title: (_title, text) => `decodeObject() refuses ${text} as a Pod`,
  exec: (t, text, message) => {
    const error = t.throws(() => decodeObject(text, pod), { instanceOf: StatusError });
    t.is(error?.message, `Pod in version "v1" cannot be handled as a Pod: ${message}`);
  },
});
const into = 'into Go struct field';
test(mismatches, '[]', 'json: cannot unmarshal array into Go value of type Pod');
test(mismatches, 'null', 'json: cannot unmarshal null into Go value of type Pod');
test(mismatches, '{"spec":"a"}', `json: cannot unmarshal string ${into} Pod.spec of type v1.PodSpec`);
test(
  mismatches,
  '{"spec":{"containers":{}}}',
  `json: cannot unmarshal object ${into} PodSpec.spec.containers of type []v1.Container`,
);
test(
  mismatches,
  '{"spec":{"containers":["a"]}}',
  `json: cannot unmarshal string ${into} PodSpec.spec.containers of type v1.Container`,
);
test(
  mismatches,
  '{"spec":{"hostNetwork":"true"}}',
  `json: cannot unmarshal string ${into} PodSpec.spec.hostNetwork of type bool`,
);
test(
  mismatches,
  '{"spec":{"priority":1.5}}',
  `json: cannot unmarshal number 1.5 ${into} PodSpec.spec.priority of type int32`,
);
test(
  mismatches,
  '{"spec":{"priority":3000000000}}',
  `json: cannot unmarshal number 3000000000 ${into} PodSpec.spec.priority of type int32`,
);
test(
  mismatches,
  '{"spec":{"activeDeadlineSeconds":1e30}}',
  `json: cannot unmarshal number 1e+30 ${into} PodSpec.spec.activeDeadlineSeconds of type int64`,
);
test(
  mismatches,
  '{"metadata":{"labels":{"a":1}}}',
  `json: cannot unmarshal number ${into} ObjectMeta.metadata.labels of type string`,
);
test(
  mismatches,
  '{"metadata":{"creationTimestamp":"yesterday"}}',
  'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
);

test('decodeObject() takes null for absent, and for zero within lists and maps', (t) => {
  const text =
    '{"metadata":null,"spec":{"priority":null,"containers":[null,{"name":null,"args":[null],"resources":{"limits":{"cpu":null}}}]}}';
  t.deepEqual(decodeObject(text, pod).object, {
    spec: { containers: [{}, { args: [''], resources: { limits: { cpu: '0' } } }] },
  });
});

test('decodeObject() makes quantities, times and base64 canonical', (t) => {
  const limits = (text: string): unknown =>
    (decodeObject(`{"spec":{"overhead":{"a":${text}}}}`, pod).object as { spec: { overhead: { a: unknown } } }).spec
      .overhead.a;
  t.is(limits('0.5'), '500m');
  t.is(limits('"1024Mi"'), '1Gi');
  t.is(limits('2'), '2');
  t.is(limits('"100m"'), '100m');
  t.throws(() => limits(`"0.${'0'.repeat(1_000_000)}1"`), { instanceOf: StatusError });
  t.deepEqual(decodeObject('{"metadata":{"creationTimestamp":"2024-03-01T01:30:00.25+02:00"}}', pod).object, {
    metadata: { creationTimestamp: '2024-02-29T23:30:00Z' },
  });
  t.deepEqual(decodeObject('{"metadata":{"creationTimestamp":"0001-01-01T00:00:00Z"}}', pod).object, { metadata: {} });
  t.deepEqual(decodeObject('{"spec":{"renewTime":"2024-03-01T01:30:00.25Z"}}', lease).object, {
    spec: { renewTime: '2024-03-01T01:30:00.250000Z' },
  });
  t.throws(() => decodeObject('{"metadata":{"creationTimestamp":"2023-02-29T00:00:00Z"}}', pod));
  t.deepEqual(decodeObject('{"data":{"a":"YQ==","b":"Y\\nQ==","c":"YR=="}}', secret).object, {
    data: { a: 'YQ==', b: 'YQ==', c: 'YQ==' },
  });
  t.throws(() => decodeObject('{"data":{"a":"Y"}}', secret));
});

test('decodeObject() takes a port for a number or a name', (t) => {
  const text = '{"spec":{"ports":[{"port":80,"targetPort":"http"},{"port":81,"targetPort":8080}]}}';
  t.deepEqual(decodeObject(text, service).object, JSON.parse(text));
  t.throws(() => decodeObject('{"spec":{"ports":[{"targetPort":1.5}]}}', service));
  t.throws(() => decodeObject('{"spec":{"ports":[{"targetPort":true}]}}', service));
});

test('conformObject() does not change what it is given', (t) => {
  const value = Object.freeze({ metadata: Object.freeze({ name: 'a', x: 1 }), spec: Object.freeze({ nodeName: 'n' }) });
  const { object, unknownFields } = conformObject(value, pod);
  t.deepEqual(object, { metadata: { name: 'a' }, spec: { nodeName: 'n' } });
  t.is(object['spec'], value.spec);
  t.deepEqual(unknownFields, ['metadata.x']);
});
