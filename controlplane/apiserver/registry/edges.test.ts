import test from 'ava';
import { StatusError } from '#lib/api/status.ts';
import { createLab, type Lab } from './testing.ts';

// What clients get at the edges of patches and lists, word for word.

const configMaps = 'v1/configmaps';
const ns = { namespace: 'default' };
const map = (name: string, meta: object = {}) => {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...meta }, data: { k: 'v' } };
};

async function labWith(...names: readonly string[]): Promise<Lab> {
  const lab = await createLab();
  for (const name of names) await lab.ask('create', configMaps, { ...ns, body: map(name) });
  return lab;
}

const patches = test.macro<[string, unknown, number, string, string]>({
  title: (title) => `A patch ${title}`,
  async exec(t, contentType, body, code, reason, message) {
    await using lab = await labWith('a');
    const said = await lab.ask('patch', configMaps, { ...ns, name: 'a', contentType, body });
    t.deepEqual([said.code, said.body.reason, said.body.message], [code, reason, message]);
  },
});
const json = 'application/json-patch+json';
const refused = 'the server rejected our request due to an error in our request';
const otherValue = { op: 'test', path: '/data/k', value: 'w' };
test('whose test fails is refused', patches, json, [otherValue], 422, 'Invalid', refused);
test('of what is not there is refused', patches, json, [{ op: 'remove', path: '/data/x' }], 422, 'Invalid', refused);
test(
  'that is no list of steps is not read',
  patches,
  json,
  { op: 'test' },
  400,
  'BadRequest',
  'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
);
test(
  'of too many steps is too large',
  patches,
  json,
  Array(10_001).fill({ op: 'test', path: '/data/k', value: 'v' }),
  413,
  'RequestEntityTooLarge',
  'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
);
test(
  'of no known kind is not taken',
  patches,
  'application/json',
  {},
  415,
  'UnsupportedMediaType',
  'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml',
);

const applies = test.macro<[object, number, string]>({
  title: (title) => `What is applied ${title}`,
  async exec(t, meta, code, message) {
    await using lab = await labWith();
    const contentType = 'application/apply-patch+yaml';
    const body = map('new', meta);
    const said = await lab.ask('patch', configMaps, { ...ns, name: 'new', query: 'fieldManager=m', contentType, body });
    t.deepEqual([said.code, said.body.message], [code, message]);
  },
});
test(
  'to a certain object is not made anew',
  applies,
  { uid: 'abc' },
  409,
  'Operation cannot be fulfilled on configmaps "new": uid mismatch: the provided object specified uid abc, and no existing object was found',
);
test('names no owners', applies, { managedFields: [{ manager: 'x' }] }, 400, 'metadata.managedFields must be nil');

const tokens = test.macro<[string, string]>({
  title: (title) => `A list does not go on ${title}`,
  async exec(t, token, message) {
    await using lab = await labWith('a', 'b');
    const { code, body } = await lab.ask('list', configMaps, { ...ns, query: `limit=1&continue=${token}` });
    t.deepEqual([code, body.message], [400, `invalid continue token: continue key is not valid${message}`]);
  },
});
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
test('by what is not encoded', tokens, 'ab!', ': illegal base64 data at input byte 2');
test('by what is no object', tokens, 'abc', ": invalid character 'i' looking for beginning of value");
test(
  'by a later version',
  tokens,
  encoded({ v: 'v9', rv: 1, start: 'a' }),
  ': server does not recognize this encoded version',
);
test(
  'from no version',
  tokens,
  encoded({ v: 'meta.k8s.io/v1', rv: 0, start: 'a' }),
  ': incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
);
test(
  'from no key',
  tokens,
  encoded({ v: 'meta.k8s.io/v1', rv: 1, start: '' }),
  ': encoded start key empty (version meta.k8s.io/v1)',
);

test('A list may go on with another selector', async (t) => {
  await using lab = await labWith('a', 'b');
  const first = await lab.ask('list', configMaps, { ...ns, query: 'limit=1' });
  const token = first.body.metadata.continue;
  const rest = await lab.ask('list', configMaps, { ...ns, query: `continue=${token}&labelSelector=x%3Dy` });
  t.deepEqual([rest.code, rest.body.items], [200, []]);
});

test('A collection is deleted as far as the limit goes', async (t) => {
  await using lab = await labWith('a', 'b', 'c');
  const gone = await lab.ask('deletecollection', configMaps, { ...ns, query: 'limit=2' });
  t.is(gone.body.items.length, 2);
  t.is((await lab.ask('list', configMaps, ns)).body.items.length, 1);
});

test('What is refused is answered with what was warned of before', async (t) => {
  await using lab = await createLab();
  const refused = lab.send('create', 'v1/configmaps', { namespace: 'a', body: { metadata: { name: 'A' }, foo: 1 } });
  const error = await t.throwsAsync(refused, { instanceOf: StatusError });
  t.is(error?.status.reason, 'Invalid');
  t.deepEqual(error?.headers, { warning: '299 - "unknown field \\"foo\\""' });
});

test('A namespace takes no finalizer that is none', async (t) => {
  await using lab = await createLab();
  await lab.ask('create', 'v1/namespaces', { body: { metadata: { name: 'a' } } });
  const finalize = (finalizers: readonly string[], metadata: object = {}) =>
    lab.ask('update', 'v1/namespaces/finalize', {
      name: 'a',
      body: { metadata: { name: 'a', ...metadata }, spec: { finalizers } },
    });
  const refused = await finalize(['kubernetes', 'x']);
  t.is(refused.code, 422);
  t.like(refused.body.details.causes[0], {
    field: 'spec.finalizers[1]',
    message: 'Invalid value: "x": name is neither a standard finalizer name nor is it fully qualified',
  });
  t.is((await finalize(['kubernetes', 'example.com/x'])).code, 200);
});

test('By its status an object gets no labels that are none', async (t) => {
  await using lab = await createLab();
  await lab.ask('create', 'v1/namespaces', { body: { metadata: { name: 'a' } } });
  const body = { metadata: { labels: { 'a b': 'c' } } };
  const refused = await lab.ask('patch', 'v1/namespaces/status', {
    name: 'a',
    body,
    contentType: 'application/merge-patch+json',
  });
  t.is(refused.code, 422);
  t.is(refused.body.details.causes[0].field, 'metadata.labels');
});
