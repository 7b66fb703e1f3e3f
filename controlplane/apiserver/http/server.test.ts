import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import type { StatusError } from '#lib/api/status.ts';
import { createClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { createMetrics } from '#lib/metrics.ts';
import { issueCertificate } from '#lib/pki/certificate.ts';
import { ensureClusterPki } from '#lib/pki/cluster.ts';
import type { ApiRequest, ApiResponse, Handler } from '../exchange.ts';
import { createHttpServer } from './server.ts';

type T = { teardown(end: () => Promise<void>): void };

async function serve(t: T, handler: Handler) {
  const directory = await mkdtemp(join(tmpdir(), 'skiff-http-'));
  const nowMs = createClock().now();
  const pki = await ensureClusterPki({
    directory,
    names: [],
    serviceAddress: '10.96.0.1',
    server: 'https://127.0.0.1:1',
    nowMs,
  });
  const server = createHttpServer({
    handler,
    serving: pki.apiserver,
    clientCa: pki.ca.cert,
    metrics: createMetrics(),
    clock: createClock(),
    log: createSilentLog(),
  });
  const port = await server.listen({ host: '127.0.0.1', port: 0 });
  t.teardown(async () => {
    await server.close(0);
    await rm(directory, { recursive: true });
  });
  return { pki, port, server, nowMs };
}

function h1(
  options: object,
  body?: string,
): Promise<{ status: number; text: Buffer; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest({ host: '127.0.0.1', agent: false, ...options }, (response) => {
      const pieces: Buffer[] = [];
      response.on('error', reject).on('data', (piece) => pieces.push(piece));
      response.on('end', () =>
        resolve({ status: response.statusCode!, text: Buffer.concat(pieces), headers: response.headers }),
      );
    });
    request.on('error', reject).end(body);
  });
}

const echo: Handler = async (request) => {
  const body = request.method === 'POST' ? Buffer.from(await request.body(1000)).toString() : '';
  const { method, path, peer, hasBadPeer } = request;
  return {
    status: 200,
    headers: { 'x-a': 'b' },
    body: JSON.stringify({ method, path, q: [...request.query], body, peer, hasBadPeer }),
  };
};

test('createHttpServer() answers HTTP/1.1 and HTTP/2 alike and knows who calls', async (t) => {
  const { pki, port, nowMs } = await serve(t, echo);
  const client = await issueCertificate(
    pki.ca,
    { commonName: 'me', organizations: ['a', 'b'], usages: ['client'] },
    nowMs,
  );
  const tls = { ca: pki.ca.cert, cert: client.cert, key: client.key };
  const old = await h1({ ...tls, port, path: '/x/%20?a=1', method: 'POST' }, 'hello');
  t.is(old.status, 200);
  const seen = JSON.parse(old.text.toString());
  t.like(seen, { method: 'POST', path: '/x/%20', body: 'hello' });
  t.like(seen.peer, { commonName: 'me', organizations: ['a', 'b'] });

  const session = connect(`https://127.0.0.1:${port}`, tls);
  const stream = session.request({ ':method': 'POST', ':path': '/x/%20?a=1' });
  stream.end('hello');
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece);
  t.deepEqual(JSON.parse(Buffer.concat(pieces).toString()), seen);
  session.close();
});

test('createHttpServer() says of a certificate that another authority signed that it is bad', async (t) => {
  const { pki, port, nowMs } = await serve(t, echo);
  const stranger = await issueCertificate(pki.frontProxyCa, { commonName: 'me', usages: ['client'] }, nowMs);
  const answer = await h1({ ca: pki.ca.cert, cert: stranger.cert, key: stranger.key, port, path: '/' });
  t.like(JSON.parse(answer.text.toString()), { hasBadPeer: true });
  const wrongUse = await issueCertificate(pki.ca, { commonName: 'me', usages: ['server'] }, nowMs);
  const second = await h1({ ca: pki.ca.cert, cert: wrongUse.cert, key: wrongUse.key, port, path: '/' });
  t.like(JSON.parse(second.text.toString()), { hasBadPeer: true });
});

test('createHttpServer() refuses a body without end, on both protocols, and goes on', async (t) => {
  const errors: string[] = [];
  const { pki, port } = await serve(t, async (request) => {
    try {
      await request.body(100_000);
    } catch (error) {
      errors.push((error as StatusError).reason);
      return { status: 413, headers: {}, body: 'too large' };
    }
    return { status: 200, headers: {}, body: 'fine' };
  });
  const session = connect(`https://127.0.0.1:${port}`, { ca: pki.ca.cert });
  const stream = session.request({ ':method': 'POST', ':path': '/' });
  let status = 0;
  stream.on('response', (headers) => (status = Number(headers[':status'])));
  const piece = Buffer.alloc(16_384);
  const pump = () => {
    while (!stream.destroyed && stream.write(piece));
  };
  stream
    .on('drain', pump)
    .on('error', () => {})
    .resume();
  pump();
  await new Promise((resolve) => stream.once('close', resolve));
  t.is(status, 413);
  session.destroy();

  const socket = tlsConnect({ port, host: '127.0.0.1', ca: pki.ca.cert });
  socket.write('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n');
  let text = '';
  socket.on('data', (data) => (text += data));
  const flood = () => {
    while (!socket.destroyed && socket.write(`4000\r\n${'x'.repeat(0x4000)}\r\n`));
  };
  socket.on('drain', flood).on('error', () => {});
  flood();
  await new Promise((resolve) => socket.once('close', resolve));
  t.regex(text, /^HTTP\/1.1 413 /);
  t.deepEqual(errors, ['RequestEntityTooLarge', 'RequestEntityTooLarge']);
  t.is((await h1({ ca: pki.ca.cert, port, path: '/', method: 'POST' }, 'small')).text.toString(), 'fine');
});

test('createHttpServer() sends a large answer whole over HTTP/2, however small the window', async (t) => {
  const large = 'a'.repeat(3_000_000);
  const { pki, port } = await serve(t, async (request) => {
    if (request.method === 'POST') await request.body(1000);
    return { status: 200, headers: {}, body: large };
  });
  const session = connect(`https://127.0.0.1:${port}`, { ca: pki.ca.cert, settings: { initialWindowSize: 1000 } });
  for (const method of ['GET', 'POST']) {
    const stream = session.request({ ':method': method, ':path': '/' });
    stream.end();
    let length = 0;
    for await (const piece of stream) length += piece.length;
    t.is(length, large.length, method);
    t.is(stream.rstCode, 0);
  }
  session.close();
});

test('createHttpServer() survives answers that cannot be sent, and bodies that break off', async (t) => {
  async function* broken() {
    yield 'a';
    throw new Error('the other end has gone');
  }
  const answers: Readonly<Record<string, ApiResponse>> = {
    '/header': { status: 200, headers: { 'x-a': 'line\nbreak' }, body: 'x' },
    '/status': { status: 7, headers: {}, body: 'x' },
    '/broken': { status: 200, headers: {}, body: broken() },
    '/hop': { status: 200, headers: { connection: 'keep-alive' }, body: 'x' },
  };
  const { pki, port } = await serve(t, async ({ path }) => answers[path] ?? { status: 200, headers: {}, body: 'fine' });
  const session = connect(`https://127.0.0.1:${port}`, { ca: pki.ca.cert });
  for (const path of Object.keys(answers)) {
    await t.throwsAsync(h1({ ca: pki.ca.cert, port, path: path === '/hop' ? '/status' : path }), undefined, path);
    const stream = session.request({ ':path': path });
    stream.on('error', () => {}).resume();
    await new Promise((resolve) => stream.once('close', resolve));
  }
  session.close();
  t.is((await h1({ ca: pki.ca.cert, port, path: '/' })).text.toString(), 'fine');
});

test('createHttpServer() sends a warning in UTF-8, on both protocols', async (t) => {
  const warning = Buffer.from('299 - "unknown field \\"\ucda0\\""').toString('latin1');
  const { pki, port } = await serve(t, async () => ({ status: 200, headers: { warning }, body: 'x' }));
  t.is((await h1({ ca: pki.ca.cert, port })).headers['warning'], warning);
  const session = connect(`https://127.0.0.1:${port}`, { ca: pki.ca.cert });
  const stream = session.request({ ':path': '/' });
  t.is((await once(stream.resume(), 'response'))[0].warning, warning);
  session.close();
});

test('createHttpServer() compresses what is large for those who accept it', async (t) => {
  const large = 'a'.repeat(200_000);
  const { pki, port } = await serve(t, async () => ({ status: 200, headers: {}, body: large }));
  const answer = await h1({ ca: pki.ca.cert, port, path: '/', headers: { 'accept-encoding': 'gzip' } });
  t.is(answer.headers['content-encoding'], 'gzip');
  t.is(gunzipSync(answer.text).toString(), large);
  t.is((await h1({ ca: pki.ca.cert, port, path: '/' })).text.toString(), large);
});

test('createHttpServer() hands an upgrade over, and ends watches when it stops', async (t) => {
  const ended: string[] = [];
  const begun = Promise.withResolvers<void>();
  async function* forever(request: ApiRequest) {
    yield 'first';
    if (request.path === '/h1') begun.resolve();
    await new Promise((resolve) => request.signal.addEventListener('abort', resolve));
    ended.push(request.path);
  }
  const { pki, port, server } = await serve(t, async (request) => {
    if (request.upgrade === undefined) return { status: 200, headers: {}, body: forever(request) };
    const { socket } = request.upgrade();
    socket.end('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nraw');
    return { status: 101, headers: {} };
  });
  const socket = tlsConnect({ port, host: '127.0.0.1', ca: pki.ca.cert });
  socket.write('GET /up HTTP/1.1\r\nhost: a\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n');
  let text = '';
  for await (const piece of socket) text += piece;
  t.regex(text, /101 Switching[\s\S]*raw$/);

  const session = connect(`https://127.0.0.1:${port}`, { ca: pki.ca.cert });
  const stream = session.request({ ':path': '/h2' });
  await new Promise((resolve) => stream.once('data', resolve));
  const old = h1({ ca: pki.ca.cert, port, path: '/h1' });
  await begun.promise;
  await server.close(2000);
  t.is((await old).text.toString(), 'first');
  t.deepEqual(ended.sort(), ['/h1', '/h2']);
});
