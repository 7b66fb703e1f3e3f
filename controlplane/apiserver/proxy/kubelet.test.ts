import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { connect as tlsConnect } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { nodes, pods } from '#lib/api/resources.ts';
import type { Container } from '#lib/api/types/core.v1.ts';
import { createClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { createMetrics } from '#lib/metrics.ts';
import { ensureClusterPki } from '#lib/pki/cluster.ts';
import { ensureNodePki } from '#lib/pki/node.ts';
import { createFakeRegistry } from '../authorization/fake-registry.ts';
import { createHandler } from '../handler.ts';
import { createRequestMetrics } from '../http/request-metrics.ts';
import { createHttpServer } from '../http/server.ts';
import { methodNotAllowed, type VirtualResource } from '../routes/resources.ts';
import { podLog, podPortForward, podStream } from './kubelet.ts';
import { nodeProxy } from './proxy.ts';

/** An API server that has only these routes, and a kubelet that tells what it was asked. */
async function start(t: ExecutionContext) {
  const directory = await mkdtemp(join(tmpdir(), 'skiff-proxy-'));
  const clock = createClock();
  const nowMs = clock.now();
  const pki = await ensureClusterPki({
    directory,
    names: [],
    serviceAddress: '10.96.0.1',
    server: 'https://127.0.0.1:1',
    nowMs,
  });
  const node = await ensureNodePki({
    clusterDirectory: directory,
    directory: join(directory, 'node'),
    nodeName: 'n1',
    names: ['127.0.0.1'],
    server: 'https://127.0.0.1:1',
    nowMs,
  });
  const kubelet = createServer(
    {
      cert: await readFile(node.servingCert),
      key: await readFile(node.servingKey),
      ca: pki.ca.cert,
      requestCert: true,
    },
    (request, response) => {
      const socket = request.socket as TLSSocket;
      if (request.url?.includes('broken')) {
        response.writeHead(400).end('container "broken" in pod "p" is waiting to start: ContainerCreating\n');
        return;
      }
      if (request.url === '/redirect') {
        response.writeHead(302, { location: '/elsewhere?x=1' }).end();
        return;
      }
      const { CN } = socket.getPeerCertificate().subject;
      response.end(
        JSON.stringify({ url: request.url, CN, authorization: request.headers.authorization, ok: socket.authorized }),
      );
    },
  );
  kubelet.on('upgrade', (request, socket) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: ${request.headers.upgrade}\r\nconnection: Upgrade\r\nx-url: ${request.url}\r\n\r\n`,
    );
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => kubelet.listen(0, '127.0.0.1', resolve));
  const registry = createFakeRegistry();
  registry.put(nodes, {
    metadata: { name: 'n1' },
    spec: {},
    status: {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: (kubelet.address() as AddressInfo).port } },
    },
  });
  const container: Container = { name: 'c', image: 'i' };
  registry.put(pods, {
    metadata: { name: 'p', namespace: 'a' },
    spec: { nodeName: 'n1', containers: [container] },
    status: {},
  });
  registry.put(pods, {
    metadata: { name: 'two', namespace: 'a' },
    spec: { nodeName: 'n1', containers: [container, { ...container, name: 'broken' }] },
    status: {},
  });
  const options = {
    registry,
    authorize: () => ({ isAllowed: true, reason: '' }),
    ca: () => pki.ca.cert,
    client: () => pki.kubeletClient,
  };
  const routes: Readonly<Record<string, VirtualResource>> = {
    log: podLog(options),
    exec: podStream('exec', options),
    portforward: podPortForward(options),
    proxy: nodeProxy(options),
  };
  const handler = createHandler({
    authenticate: () => ({ name: 'me', groups: [] }),
    authorize: ({ verb, subresource }) => ({ isAllowed: !(verb === 'create' && subresource === 'attach'), reason: '' }),
    route: async (call) => (routes[call.info.subresource] ?? (() => Promise.reject(methodNotAllowed())))(call),
    ready: Promise.resolve(),
    metrics: createRequestMetrics(createMetrics()),
    findFlow: () => undefined,
    clock,
    log: createSilentLog(),
  });
  const server = createHttpServer({
    handler,
    serving: pki.apiserver,
    clientCa: pki.ca.cert,
    metrics: createMetrics(),
    clock,
    log: createSilentLog(),
  });
  const port = await server.listen({ host: '127.0.0.1', port: 0 });
  t.teardown(async () => {
    kubelet.close();
    kubelet.closeAllConnections();
    await server.close(0);
    await rm(directory, { recursive: true });
  });
  return { ca: pki.ca.cert, port };
}

function get(to: { ca: string; port: number }, path: string, method = 'GET') {
  return new Promise<{ status: number; text: string; headers: NodeJS.Dict<string | string[]> }>((resolve, reject) => {
    const headers = { authorization: 'Bearer secret' };
    httpsRequest({ ...to, host: '127.0.0.1', path, method, headers, agent: false }, (response) => {
      let text = '';
      response.on('data', (piece) => (text += piece));
      response.on('end', () => resolve({ status: response.statusCode!, text, headers: response.headers }));
    })
      .on('error', reject)
      .end();
  });
}

const base = '/api/v1/namespaces/a/pods';

test('podLog() asks the kubelet, as itself, for the only container', async (t) => {
  const answer = await get(await start(t), `${base}/p/log?follow=true&tailLines=5&pretty=true`);
  t.is(answer.headers['content-type'], 'text/plain');
  t.deepEqual(JSON.parse(answer.text), {
    url: '/containerLogs/a/p/c?follow=true&tailLines=5',
    CN: 'kube-apiserver-kubelet-client',
    ok: true,
  });
});

test('podLog() refuses in upstream words what cannot be', async (t) => {
  const to = await start(t);
  const refused = async (path: string) => {
    const { status, text } = await get(to, path);
    return `${status} ${JSON.parse(text).message}`;
  };
  t.is(await refused(`${base}/x/log`), '404 pods "x" not found');
  t.is(await refused(`${base}/p/log?container=z`), '400 container z is not valid for pod p');
  t.is(
    await refused(`${base}/two/log`),
    '400 a container name must be specified for pod two, choose one of: [c broken]',
  );
  t.is(
    await refused(`${base}/two/log?container=broken`),
    '400 container "broken" in pod "p" is waiting to start: ContainerCreating',
  );
  t.regex(
    await refused(`${base}/p/log?tailLines=-1`),
    /^422 PodLogOptions "p" is invalid: tailLines: Invalid value: -1/,
  );
  t.regex(await refused(`${base}/p/log?stream=x`), /^422 .*stream: Unsupported value: "x": supported values: "All"/);
  t.regex(await refused(`${base}/p/log?stream=Stdout&tailLines=1`), /^422 .*`stream` are mutually exclusive for now/);
  t.regex(await refused(`${base}/p/log?tailLines=x`), /^400 /);
  t.is(await refused(`${base}/p/exec?stdout=1&command=ls`), '400 Upgrade request required');
  t.is(await refused(`${base}/p/exec?command=ls`), '400 you must specify at least 1 of stdin, stdout, stderr');
});

test('podStream() joins the client and the kubelet byte by byte', async (t) => {
  const { port, ca } = await start(t);
  const socket = tlsConnect({ port, host: '127.0.0.1', ca });
  const path = `${base}/p/exec?command=sh&command=-c&stdin=true&stdout=true&tty=true&stderr=true`;
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: SPDY/3.1\r\ncontent-length: 0\r\n\r\nearly`,
  );
  let text = '';
  socket.on('data', (piece) => {
    text += piece;
    if (text.endsWith('early')) socket.write('later');
    if (text.endsWith('later')) socket.end();
  });
  await new Promise((resolve) => socket.once('close', resolve));
  t.regex(text, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  t.regex(text, /upgrade: SPDY\/3\.1\r\n/i);
  t.regex(text, /x-url: \/exec\/a\/p\/c\?input=1&output=1&tty=1&command=sh&command=-c\r\n/);
  t.regex(text, /\r\n\r\nearlylater$/);
});

test('nodeProxy() rewrites paths and redirects, and keeps the caller’s token to itself', async (t) => {
  const to = await start(t);
  const node = '/api/v1/nodes/n1/proxy';
  t.like(JSON.parse((await get(to, `${node}/stats/summary?a=b`)).text), { url: '/stats/summary?a=b', ok: true });
  t.false('authorization' in JSON.parse((await get(to, `${node}/x`)).text));
  t.like(await get(to, node), { status: 301, headers: { location: `${node}/` } });
  t.like(await get(to, `${node}/redirect`), { status: 302, headers: { location: `${node}/elsewhere?x=1` } });
  t.regex((await get(to, '/api/v1/nodes/n1:1234/proxy/x')).text, /is not allowed/);
});
