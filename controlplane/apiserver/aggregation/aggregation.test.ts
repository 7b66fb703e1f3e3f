import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { createServer, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import test from 'ava';
import { apiServices, customResourceDefinitions, services } from '#lib/api/resources.ts';
import type { APIService } from '#lib/api/types/apiregistration.v1.ts';
import { createAuthority, issueCertificate } from '#lib/pki/certificate.ts';
import { startTestServer, type TestServer } from '../../testing.ts';

let server: TestServer;
test.before(async () => {
  server = await startTestServer();
});
test.after.always(() => server.close());

const resources = [
  { name: 'flunders', singularName: 'flunder', namespaced: true, kind: 'Flunder', verbs: ['get', 'list'] },
];

/** No pod answers on this machine: an extension server does, under its name. */
const elsewhere = { type: 'ExternalName', externalName: 'localhost' };

const flunder = {
  type: 'object',
  properties: { metadata: { $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.Time' } },
};
const openApi: Readonly<Record<string, unknown>> = {
  '/openapi/v3': {
    paths: {
      'apis/x.example.com/v1': { serverRelativeURL: '/openapi/v3/apis/x.example.com/v1?hash=AB' },
      'apis/other.example.com/v1': { serverRelativeURL: '/openapi/v3/apis/other.example.com/v1?hash=AB' },
    },
  },
  '/openapi/v3/apis/x.example.com/v1': { openapi: '3.0.0', info: { title: 'extension' } },
  '/openapi/v2': {
    swagger: '2.0',
    paths: {
      '/apis/x.example.com/v1/flunders': { get: { schema: { $ref: '#/definitions/example.Flunder' } } },
      '/healthz': { get: { schema: { $ref: '#/definitions/example.Unused' } } },
    },
    definitions: {
      'example.Flunder': flunder,
      'example.Unused': { type: 'object' },
      'io.k8s.apimachinery.pkg.apis.meta.v1.Time': { type: 'object' },
    },
  },
};

test('Every version that the server brings along has an APIService', async (t) => {
  const { items } = await server.client.list(apiServices, {}, server.signal);
  const apps = items.find(({ metadata }) => metadata.name === 'v1.apps');
  t.like(apps, { spec: { group: 'apps', version: 'v1', groupPriorityMinimum: 17_800, versionPriority: 15 } });
  t.like(apps?.status.conditions?.[0], { type: 'Available', status: 'True', reason: 'Local' });
  t.truthy(items.find(({ metadata }) => metadata.name === 'v1.'));
});

test('A definition brings an APIService along, and takes it away', async (t) => {
  const { client, signal } = server;
  const names = { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' };
  const schema = { openAPIV3Schema: { type: 'object' } };
  const versions = [{ name: 'v1', served: true, storage: true, schema }];
  const spec = { group: 'things.example.com', names, scope: 'Namespaced', versions };
  const name = 'things.things.example.com';
  await client.create(customResourceDefinitions, { metadata: { name }, spec } as never, signal);
  const made = await until(() => found('v1.things.example.com'));
  t.like(made, { spec: { group: 'things.example.com', version: 'v1', groupPriorityMinimum: 1000 } });
  await client.delete(customResourceDefinitions, { name }, signal);
  await until(async () => ((await found('v1.things.example.com')) === undefined ? true : undefined));
});

test('An extension API server answers under its group, and hears who asks', async (t) => {
  const { client, signal, directory } = server;
  const nowMs = Date.parse('2026-01-01T00:00:00Z');
  const authority = await createAuthority('extension-ca', nowMs);
  const names = ['extension.default.svc'];
  const pair = await issueCertificate(authority, { commonName: 'extension', usages: ['server'], names }, nowMs);
  const ca = await readFile(join(directory, 'pki', 'front-proxy-ca.crt'), 'utf8');
  const extension = createServer({ ...pair, ca, requestCert: true }, (incoming, outgoing) => {
    outgoing.setHeader('content-type', 'application/json');
    if (incoming.url === '/apis/x.example.com/v1') {
      outgoing.end(JSON.stringify({ kind: 'APIResourceList', groupVersion: 'x.example.com/v1', resources }));
      return;
    }
    const published = openApi[incoming.url!.replace(/\?.*/, '')];
    if (published !== undefined) {
      outgoing.end(JSON.stringify(published));
      return;
    }
    const { headers, url, method } = incoming;
    const { CN } = (incoming.socket as TLSSocket).getPeerCertificate().subject;
    outgoing.end(JSON.stringify({ url, method, headers, CN, isKnown: (incoming.socket as TLSSocket).authorized }));
  });
  await new Promise<void>((resolve) => extension.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    extension.close();
    extension.closeAllConnections();
  });
  const { port } = extension.address() as AddressInfo;
  const at = { name: 'extension', namespace: 'default' };
  const spec = {
    group: 'x.example.com',
    version: 'v1',
    service: { ...at, port },
    caBundle: Buffer.from(authority.cert).toString('base64'),
    groupPriorityMinimum: 2000,
    versionPriority: 200,
  };
  const created = await client.create(apiServices, { metadata: { name: 'v1.x.example.com' }, spec } as never, signal);
  t.is((created as APIService).status.conditions, undefined);
  const unready = await until(() => condition('v1.x.example.com', 'ServiceNotFound'));
  t.like(unready, { status: 'False', message: 'service/extension in "default" is not present' });
  await t.throwsAsync(client.raw('GET', '/apis/x.example.com/v1', signal), {
    message: /service unavailable|currently/,
  });

  await client.create(services, { metadata: at, spec: { ports: [{ port }] } } as never, signal);
  const lonely = { status: 'False', message: 'cannot find endpoints for service/extension in "default"' };
  t.like(await until(() => condition('v1.x.example.com', 'EndpointsNotFound')), lonely);
  await client.patch(services, at, { type: 'merge', body: { spec: elsewhere } }, signal);
  t.like(await until(() => condition('v1.x.example.com', 'Passed')), { status: 'True', message: 'all checks passed' });

  t.like(await client.raw('GET', '/apis/x.example.com', signal), { versions: [{ version: 'v1' }] });
  const groups = (await client.raw('GET', '/apis', signal)) as { readonly groups: readonly { name: string }[] };
  t.is(groups.groups.filter(({ name }) => name === 'x.example.com').length, 1);

  const paths = await until(async () => {
    const index = (await client.raw('GET', '/openapi/v3', signal)) as OpenApiV2;
    return 'apis/x.example.com/v1' in index.paths ? index.paths : undefined;
  });
  t.deepEqual(paths['apis/x.example.com/v1'], { serverRelativeURL: '/openapi/v3/apis/x.example.com/v1?hash=AB' });
  t.is(paths['apis/other.example.com/v1'], undefined);
  const document = await client.raw('GET', '/openapi/v3/apis/x.example.com/v1?hash=AB', signal);
  t.like(document, { openapi: '3.0.0', info: { title: 'extension' } });
  const v2 = (await client.raw('GET', '/openapi/v2', signal)) as OpenApiV2;
  t.truthy(v2.paths['/apis/x.example.com/v1/flunders']);
  t.truthy(v2.paths['/api/v1/pods']);
  const time = 'io.k8s.apimachinery.pkg.apis.meta.v1.Time'; // what is another thing there has another name here
  const properties = { metadata: { $ref: `#/definitions/${time}_v2` } };
  t.deepEqual(v2.definitions['example.Flunder'], { ...flunder, properties });
  t.deepEqual(v2.definitions[`${time}_v2`], { type: 'object' });
  t.like(v2.definitions[time], { type: 'string', format: 'date-time' });
  t.is(v2.definitions['example.Unused'], undefined);

  const path = '/apis/x.example.com/v1/namespaces/default/flunders?limit=5';
  const seen = (await client.raw('GET', path, signal)) as { headers: Record<string, string> };
  t.like(seen, { url: path, method: 'GET', CN: 'front-proxy-client', isKnown: true });
  t.is(seen.headers['x-remote-user'], 'kubernetes-admin');
  t.is(seen.headers['x-remote-group'], 'system:masters, system:authenticated');
  t.is(seen.headers['authorization'], undefined);
});

test('What an extension API server publishes in version 2 only is shown in version 3, too', async (t) => {
  const { client, signal } = server;
  const nowMs = Date.parse('2026-01-01T00:00:00Z');
  const authority = await createAuthority('old-ca', nowMs);
  const names = ['old.default.svc'];
  const pair = await issueCertificate(authority, { commonName: 'old', usages: ['server'], names }, nowMs);
  const schema = { $ref: '#/definitions/example.OldFlunder' };
  const get = { produces: ['application/json'], responses: { '200': { description: 'OK', schema } } };
  const v2 = {
    paths: { '/apis/old.example.com/v1/flunders': { get } },
    definitions: { 'example.OldFlunder': { type: 'object', properties: { spec: { type: 'string' } } } },
  };
  const published: Readonly<Record<string, unknown>> = {
    '/apis/old.example.com/v1': { kind: 'APIResourceList', groupVersion: 'old.example.com/v1', resources },
    '/openapi/v2': v2,
  };
  const extension = createServer({ ...pair }, (incoming, outgoing) => {
    const document = published[incoming.url!];
    outgoing.statusCode = document === undefined ? 404 : 200;
    outgoing.end(JSON.stringify(document ?? {}));
  });
  await new Promise<void>((resolve) => extension.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    extension.close();
    extension.closeAllConnections();
  });
  const at = { name: 'old', namespace: 'default' };
  await client.create(services, { metadata: at, spec: elsewhere } as never, signal);
  const caBundle = Buffer.from(authority.cert).toString('base64');
  const service = { ...at, port: (extension.address() as AddressInfo).port };
  const spec = { group: 'old.example.com', version: 'v1', service, caBundle };
  const whole = { ...spec, groupPriorityMinimum: 2000, versionPriority: 200 };
  await client.create(apiServices, { metadata: { name: 'v1.old.example.com' }, spec: whole } as never, signal);

  const path = 'apis/old.example.com/v1';
  const url = await until(async () => {
    const { paths } = (await client.raw('GET', '/openapi/v3', signal)) as OpenApiV2;
    return (paths[path] as { serverRelativeURL: string } | undefined)?.serverRelativeURL;
  });
  t.regex(url, /^\/openapi\/v3\/apis\/old\.example\.com\/v1\?hash=[0-9A-F]+$/);
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/example.OldFlunder' } } };
  t.like(await client.raw('GET', url, signal), {
    openapi: '3.0.0',
    paths: { '/apis/old.example.com/v1/flunders': { get: { responses: { '200': { description: 'OK', content } } } } },
    components: { schemas: v2.definitions },
  });
});

interface OpenApiV2 {
  readonly paths: Record<string, unknown>;
  readonly definitions: Record<string, unknown>;
}

test('Who shows the front-proxy certificate may say for whom it speaks, and is nobody itself', async (t) => {
  const pki = (name: string) => readFile(join(server.directory, 'pki', name), 'utf8');
  const proxy = { cert: await pki('front-proxy-client.crt'), key: await pki('front-proxy-client.key') };
  const admin = { cert: await pki('admin.crt'), key: await pki('admin.key') };
  const ca = await pki('ca.crt');
  const whoAmI = (pair: object, headers: object) =>
    new Promise<{ code: number; status?: object }>((resolve, reject) => {
      const outgoing = httpsRequest(
        {
          host: '127.0.0.1',
          port: server.port,
          ca,
          ...pair,
          agent: false,
          method: 'POST',
          path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
          headers: { 'content-type': 'application/json', ...headers },
        },
        async (response: IncomingMessage) => {
          const pieces = await Array.fromAsync(response);
          resolve({ code: response.statusCode ?? 0, ...JSON.parse(Buffer.concat(pieces).toString()) });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }));
    });
  const headers = { 'x-remote-user': 'jane', 'x-remote-group': ['a', 'b'], 'x-remote-extra-scopes%2fx': 'y' };
  t.like(await whoAmI(proxy, headers), {
    status: {
      userInfo: { username: 'jane', groups: ['a', 'b', 'system:authenticated'], extra: { 'scopes/x': ['y'] } },
    },
  });
  t.is((await whoAmI(proxy, {})).code, 401);
  t.like(await whoAmI(admin, headers), { status: { userInfo: { username: 'kubernetes-admin' } } });
});

async function found(name: string): Promise<APIService | undefined> {
  const { items } = await server.client.list(apiServices, {}, server.signal);
  return items.find(({ metadata }) => metadata.name === name);
}

async function condition(name: string, reason: string) {
  const { status } = await server.client.get(apiServices, { name }, server.signal);
  return status.conditions?.find((one) => one.type === 'Available' && one.reason === reason);
}

async function until<T>(get: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await get();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
