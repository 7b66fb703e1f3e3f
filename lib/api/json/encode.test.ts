import test from 'ava';
import { typeOfKind } from '#lib/api/schema.ts';
import { encodeForStore, encodeObject } from './encode.ts';
import { resourceVersionPlace, withResourceVersion } from './splice.ts';

const clusterRole = typeOfKind('rbac.authorization.k8s.io', 'v1', 'ClusterRole')!;
const event = typeOfKind('', 'v1', 'Event')!;
const service = typeOfKind('', 'v1', 'Service')!;
const configMap = typeOfKind('', 'v1', 'ConfigMap')!;
const secret = typeOfKind('', 'v1', 'Secret')!;

test('encodeObject() writes fields in the order of the type, and keys of maps sorted', (t) => {
  const object = { data: { b: '2', a: '1' }, metadata: { uid: 'u', name: 'n' }, apiVersion: 'v1', kind: 'ConfigMap' };
  t.is(
    encodeObject(object, configMap),
    '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"n","uid":"u"},"data":{"a":"1","b":"2"}}',
  );
});

test('encodeObject() leaves out what Go leaves out, and nothing else', (t) => {
  t.is(encodeObject({}, clusterRole), '{"metadata":{},"rules":null}');
  t.is(encodeObject({ rules: [] }, clusterRole), '{"metadata":{},"rules":[]}');
  t.is(
    encodeObject({ spec: { ports: [{ port: 80 }] } }, service),
    '{"metadata":{},"spec":{"ports":[{"port":80,"targetPort":0}]},"status":{"loadBalancer":{}}}',
  );
  t.is(
    encodeObject({ count: 0, type: '' }, event),
    '{"metadata":{},"involvedObject":{},"source":{},"firstTimestamp":null,"lastTimestamp":null,"eventTime":null,"reportingComponent":"","reportingInstance":""}',
  );
  t.is(encodeObject({ data: {}, immutable: false }, secret), '{"metadata":{},"immutable":false}');
  t.is(encodeObject({ data: { a: '' } }, secret), '{"metadata":{},"data":{"a":""}}');
});

test('encodeObject() escapes as Go does', (t) => {
  const object = { data: { a: '<a href="x">&\u2028\u2029\n\t\b\f\u0001\u007fé😀\ud800' } };
  const text =
    '{"metadata":{},"data":{"a":"\\u003ca href=\\"x\\"\\u003e\\u0026\\u2028\\u2029\\n\\t\\b\\f\\u0001\u007fé😀\ufffd"}}';
  t.is(encodeObject(object, configMap), text);
});

test('encodeObject() without a type sorts all but the head', (t) => {
  const object = {
    spec: { b: 1.5, a: [null, 9007199254740993n], c: {} },
    metadata: { uid: 'u', name: 'n' },
    kind: 'K',
    alpha: true,
    apiVersion: 'x/v1',
  };
  t.is(
    encodeObject(object, undefined),
    '{"apiVersion":"x/v1","kind":"K","metadata":{"name":"n","uid":"u"},"alpha":true,"spec":{"a":[null,9007199254740993],"b":1.5,"c":{}}}',
  );
});

const splices = test.macro<[Record<string, unknown>, string]>({
  title: (_title, metadata) => `withResourceVersion() finds its place in ${JSON.stringify(metadata)}`,
  exec: (t, metadata, expected) => {
    const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { ...metadata, resourceVersion: '3' } };
    for (const type of [configMap, undefined]) {
      const { bytes, resourceVersionAt } = encodeForStore(object, type);
      t.false(Buffer.from(bytes).includes('resourceVersion'));
      t.is(resourceVersionPlace(bytes), resourceVersionAt);
      const text = Buffer.from(withResourceVersion(bytes, resourceVersionAt, 3)).toString();
      t.is(text, encodeObject(object, type));
      t.true(text.includes(`"metadata":${expected}`));
    }
  },
});
test(splices, {}, '{"resourceVersion":"3"}');
test(splices, { name: 'n"é' }, '{"name":"n\\"é","resourceVersion":"3"}');
test(splices, { name: 'n', uid: 'u' }, '{"name":"n","uid":"u","resourceVersion":"3"}');
test(splices, { uid: 'u', generation: 1 }, '{"uid":"u","resourceVersion":"3","generation":1}');
test(splices, { labels: { a: 'b' } }, '{"resourceVersion":"3","labels":{"a":"b"}}');
