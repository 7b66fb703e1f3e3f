// What a client does wrong is answered with the right 4xx Status, and the server goes on.
import { readFileSync } from 'node:fs';
import { connect as connectTls } from 'node:tls';
import test from 'ava';
import { load } from 'js-yaml';
import { Agent, request } from 'undici';
import type { Status } from '#lib/api/types/meta.v1.ts';
import { readKubeconfig } from '#lib/client/kubeconfig.ts';
import { testCluster } from './cluster.ts';

const access = await readKubeconfig(testCluster().kubeconfig);
const { ca, cert, key } = await access.credentials();
const admin = new Agent({ connect: { ca: String(ca), cert: String(cert), key: String(key) }, allowH2: true });
const nobody = new Agent({ connect: { ca: String(ca) } });
const configMaps = '/api/v1/namespaces/default/configmaps';

interface Case {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path?: string;
  readonly body?: string;
  readonly type?: string;
  readonly token?: string;
  readonly code: number;
  readonly reason: string;
  readonly message?: RegExp;
}

const refused = test.macro<[string, Case]>({
  title: (_title, what) => `${what} is refused`,
  async exec(t, _what, wrong) {
    const { method = 'POST', path = configMaps, body, type = 'application/json', token } = wrong;
    const answer = await request(`${access.server}${path}`, {
      method,
      dispatcher: token === undefined ? admin : nobody,
      headers: {
        ...(body === undefined ? {} : { 'content-type': type }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body }),
    });
    const status = (await answer.body.json()) as Status;
    t.is(answer.statusCode, wrong.code, JSON.stringify(status));
    t.like(status, { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: wrong.reason, code: wrong.code });
    if (wrong.message !== undefined) t.regex(status.message ?? '', wrong.message);
    const alive = await request(`${access.server}/readyz`, { dispatcher: admin });
    t.is(await alive.body.text(), 'ok');
  },
});

const object = (extra: string) => `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"}${extra}}`;

test(refused, 'malformed JSON', { body: '{"apiVersion":', code: 400, reason: 'BadRequest' });
test(refused, 'an empty body', { body: '', code: 400, reason: 'BadRequest' });
test(refused, 'JSON that is no object', { body: '[1,2]', code: 400, reason: 'BadRequest' });
test(refused, 'an unknown kind', {
  body: '{"apiVersion":"v1","kind":"Nonsense","metadata":{"name":"x"}}',
  code: 400,
  reason: 'BadRequest',
});
test(refused, 'a kind that is not of the path', {
  body: '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"}}',
  code: 400,
  reason: 'BadRequest',
});
test(refused, 'an unknown path', {
  method: 'GET',
  path: '/api/v1/namespaces/default/nonsense',
  code: 404,
  reason: 'NotFound',
});
test(refused, 'an unknown field, where strictness is asked for', {
  path: `${configMaps}?fieldValidation=Strict`,
  body: object(',"nonsense":1'),
  code: 400,
  reason: 'BadRequest',
  message: /unknown field "nonsense"/,
});
test(refused, 'a duplicate field, where strictness is asked for', {
  path: `${configMaps}?fieldValidation=Strict`,
  body: object(',"data":{"a":"1"},"data":{"a":"2"}'),
  code: 400,
  reason: 'BadRequest',
  message: /duplicate field "data"/,
});
test(refused, 'a wrong type', { body: object(',"data":{"a":1}'), code: 400, reason: 'BadRequest' });
test(refused, 'a name that is none', {
  body: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"No Name"}}',
  code: 422,
  reason: 'Invalid',
  message: /metadata\.name: Invalid value: "No Name"/,
});
test(refused, 'a namespace that is not there', {
  path: '/api/v1/namespaces/nowhere/configmaps',
  body: object(''),
  code: 404,
  reason: 'NotFound',
});
test(refused, 'a strange media type', {
  body: 'a=b',
  type: 'application/x-www-form-urlencoded',
  code: 415,
  reason: 'UnsupportedMediaType',
});
test(refused, 'a wrong selector', {
  method: 'GET',
  path: `${configMaps}?labelSelector=%3D%3D`,
  code: 400,
  reason: 'BadRequest',
});
test(refused, 'a field selector on a field that has none', {
  method: 'GET',
  path: `${configMaps}?fieldSelector=data.a%3Db`,
  code: 400,
  reason: 'BadRequest',
});
test(refused, 'a wrong resourceVersion', {
  method: 'GET',
  path: `${configMaps}?resourceVersion=abc`,
  code: 400,
  reason: 'BadRequest',
});
test(refused, 'a JSON patch that is none', {
  method: 'PATCH',
  path: `${configMaps}/kube-root-ca.crt`,
  type: 'application/json-patch+json',
  body: '{"a":1}',
  code: 400,
  reason: 'BadRequest',
});
test(refused, 'a ConfigMap over 1 MiB', {
  body: object(`,"data":{"a":"${'x'.repeat(1_700_000)}"}`),
  code: 422,
  reason: 'Invalid',
  message: /Too long/,
});
test(refused, 'an object over 1.5 MB', {
  path: '/apis/apps/v1/namespaces/default/controllerrevisions',
  body: `{"apiVersion":"apps/v1","kind":"ControllerRevision","metadata":{"name":"x"},"revision":1,"data":{"a":"${'x'.repeat(1_700_000)}"}}`,
  code: 413,
  reason: 'RequestEntityTooLarge',
});
test(refused, 'a body over the limit', {
  body: object(`,"data":{"a":"${'x'.repeat(4_000_000)}"}`),
  code: 413,
  reason: 'RequestEntityTooLarge',
});
test(refused, 'deep nesting', {
  body: `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  code: 400,
  reason: 'BadRequest',
});
test(refused, 'a token that is none', { method: 'GET', token: 'nonsense', code: 401, reason: 'Unauthorized' });
test(refused, 'a token that somebody else signed', {
  method: 'GET',
  token: `${b64({ alg: 'RS256', kid: 'x' })}.${b64({ iss: 'kubernetes/serviceaccount', sub: 'system:serviceaccount:default:default' })}.AAAA`,
  code: 401,
  reason: 'Unauthorized',
});
test(refused, 'a token that nobody signed', {
  method: 'GET',
  token: `${b64({ alg: 'none' })}.${b64({ sub: 'system:admin' })}.`,
  code: 401,
  reason: 'Unauthorized',
});

function b64(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

test('__proto__ keys pollute nothing and are kept as data', async (t) => {
  const body = object(',"__proto__":{"polluted":true},"data":{"constructor":"c","hasOwnProperty":"h"}').replace(
    '"x"',
    '"proto"',
  );
  const made = await request(`${access.server}${configMaps}`, {
    method: 'POST',
    dispatcher: admin,
    body,
    headers: { 'content-type': 'application/json' },
  });
  t.is(made.statusCode, 201);
  const stored = (await made.body.json()) as { data: Record<string, string> };
  t.deepEqual(Object.entries(stored.data).sort(), [
    ['constructor', 'c'],
    ['hasOwnProperty', 'h'],
  ]);
  const patch = '{"__proto__":{"polluted":true},"data":{"a":"b"}}';
  const patched = await request(`${access.server}${configMaps}/proto`, {
    method: 'PATCH',
    dispatcher: admin,
    body: patch,
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  t.is(patched.statusCode, 200);
  t.false('polluted' in ((await patched.body.json()) as object));
  const gone = await request(`${access.server}${configMaps}/proto`, { method: 'DELETE', dispatcher: admin });
  t.is(gone.statusCode, 200);
  await gone.body.dump();
});

test('a body that never ends does not keep the server busy', async (t) => {
  t.timeout(120_000);
  const { hostname, port } = new URL(access.server);
  const socket = connectTls({
    host: hostname,
    port: Number(port),
    ca: String(ca),
    cert: String(cert),
    key: String(key),
    ALPNProtocols: ['http/1.1'],
  });
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  socket.on('error', () => {});
  const closed = new Promise<string>((resolve) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('close', () => resolve(text));
  });
  socket.write(
    `POST ${configMaps} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
  );
  const feed = setInterval(() => socket.write('1\r\n \r\n'), 200);
  const answer = await closed;
  clearInterval(feed);
  t.regex(answer, /^HTTP\/1\.1 (408|413|504)/);
});

test('nobody is let in without saying who it is, but to health', async (t) => {
  const list = await request(`${access.server}${configMaps}`, { dispatcher: nobody });
  t.true([401, 403].includes(list.statusCode));
  await list.body.dump();
  const health = await request(`${access.server}/livez`, { dispatcher: nobody });
  t.is(await health.body.text(), 'ok');
});

test('the kubeconfig holds what it needs, and no more than one user', (t) => {
  const config = load(readFileSync(testCluster().kubeconfig, 'utf8')) as { users: readonly unknown[] };
  t.is(config.users.length, 1);
});
