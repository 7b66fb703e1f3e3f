import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import {
  createSecureServer,
  type Http2SecureServer,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { X509CertificateGenerator } from '@peculiar/x509';
import test from 'ava';
import { createClock, createFakeClock } from '#lib/clock.ts';
import { hasReason } from '#lib/errors.ts';
import { createSilentLog } from '#lib/log.ts';
import { readText } from './body.ts';
import { createHttpTransport } from './http-transport.ts';

const never = new AbortController().signal;
const get = (path: string) => ({ method: 'GET', path, headers: {} });

test('createHttpTransport() sends many requests over one connection', async (t) => {
  await using server = await startServer();
  using transport = createHttpTransport(server.options);
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => transport.request(get(`/echo/${i}`), never)));
  const texts = await Promise.all(answers.map(({ body }) => readText(body)));
  t.is(texts[199], 'GET /echo/199 Bearer secret');
  t.is(server.sessions.size, 1);
});

test('createHttpTransport() refuses plain text', (t) => {
  const options = {
    server: 'http://127.0.0.1:1',
    credentials: async () => ({}),
    clock: createClock(),
    log: createSilentLog(),
  };
  t.throws(() => createHttpTransport(options), { message: /only https/ });
});

test('createHttpTransport() refuses a server that the CA does not know', async (t) => {
  await using server = await startServer();
  using transport = createHttpTransport({ ...server.options, credentials: async () => ({}) });
  const error = await t.throwsAsync(transport.request(get('/'), never));
  t.true(hasReason(error, 'ServiceUnavailable'));
});

test('createHttpTransport() connects again after the connection was lost', async (t) => {
  await using server = await startServer();
  using transport = createHttpTransport(server.options);
  const endless = await transport.request(get('/endless'), never);
  for (const session of server.sessions) session.destroy();
  const error = await t.throwsAsync(readText(endless.body));
  t.true(hasReason(error, 'ServiceUnavailable'));
  const again = await transport.request(get('/again'), never);
  t.is(await readText(again.body), 'GET /again Bearer secret');
});

test('createHttpTransport() moves to another server when its own is gone', async (t) => {
  const certificate = await selfSigned();
  const first = await startServer(certificate);
  await using second = await startServer(certificate);
  using transport = createHttpTransport({ ...first.options, others: () => [second.options.server] });
  t.is(await readText((await transport.request(get('/one'), never)).body), 'GET /one Bearer secret');
  t.deepEqual([first.sessions.size, second.sessions.size], [1, 0]);
  const endless = await transport.request(get('/endless'), never);
  await first[Symbol.asyncDispose]();
  await t.throwsAsync(readText(endless.body));
  t.is(await readText((await transport.request(get('/two'), never)).body), 'GET /two Bearer secret');
  t.is(second.sessions.size, 1);
  transport.renew();
  t.is(await readText((await transport.request(get('/three'), never)).body), 'GET /three Bearer secret');
});

test('createHttpTransport() ends a request when it is aborted', async (t) => {
  await using server = await startServer();
  using transport = createHttpTransport(server.options);
  const stop = new AbortController();
  const endless = await transport.request(get('/endless'), stop.signal);
  const reading = readText(endless.body);
  const why = new Error('enough');
  stop.abort(why);
  t.is(await t.throwsAsync(reading), why);
  await server.endlessClosed;
});

test('createHttpTransport() uses new credentials after renew()', async (t) => {
  await using server = await startServer();
  let asked = 0;
  using transport = createHttpTransport({
    ...server.options,
    credentials: async () => {
      asked++;
      return server.options.credentials();
    },
  });
  await readText((await transport.request(get('/a'), never)).body);
  transport.renew();
  await readText((await transport.request(get('/b'), never)).body);
  t.is(asked, 2);
});

test('createHttpTransport() lets what is under way end where it began after renew()', async (t) => {
  await using server = await startServer();
  const clock = createFakeClock();
  using transport = createHttpTransport({ ...server.options, clock });
  const stop = new AbortController();
  const endless = await transport.request(get('/endless'), stop.signal);
  transport.renew();
  t.is(await readText((await transport.request(get('/new'), never)).body), 'GET /new Bearer secret');
  t.is(server.sessions.size, 2);
  for (let round = 0; round < 3; round++) {
    await clock.advance(5_000); // a ping of each connection
    await readText((await transport.request(get('/round'), never)).body);
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.is(server.sessions.size, 2);
  const [old] = server.sessions;
  const closed = once(old!, 'close');
  stop.abort();
  await t.throwsAsync(readText(endless.body));
  await closed; // its last request has ended
  t.is(server.sessions.size, 1);
});

test('createHttpTransport() gives up a connection whose other end has fallen silent', async (t) => {
  await using server = await startServer();
  await using proxy = await startProxy(new URL(server.options.server).port);
  const clock = createFakeClock();
  using transport = createHttpTransport({ ...server.options, server: `https://127.0.0.1:${proxy.port}`, clock });
  const endless = await transport.request(get('/endless'), never);
  const reading = readText(endless.body);
  await proxy.cut();
  await clock.advance(10_000); // a ping at the latest after five seconds, four seconds for its answer
  const error = await t.throwsAsync(reading);
  t.true(hasReason(error, 'ServiceUnavailable'));
  proxy.mend();
  t.is(await readText((await transport.request(get('/a'), never)).body), 'GET /a Bearer secret');
});

test('createHttpTransport() leaves a server that has fallen silent for another, though it could be reached again', async (t) => {
  const certificate = await selfSigned();
  await using first = await startServer(certificate);
  await using second = await startServer(certificate);
  await using proxy = await startProxy(new URL(first.options.server).port);
  const clock = createFakeClock();
  const server = `https://127.0.0.1:${proxy.port}`;
  using transport = createHttpTransport({ ...first.options, server, others: () => [second.options.server], clock });
  const reading = readText((await transport.request(get('/endless'), never)).body);
  await proxy.cut();
  await clock.advance(3_000); // a ping at the latest after one second, two seconds for its answer
  await t.throwsAsync(reading);
  proxy.mend();
  await readText((await transport.request(get('/a'), never)).body);
  t.is(second.sessions.size, 1);
});

test('createHttpTransport() leaves a server within a second and a half after it did not answer a request', async (t) => {
  const certificate = await selfSigned();
  await using first = await startServer(certificate);
  await using second = await startServer(certificate);
  await using proxy = await startProxy(new URL(first.options.server).port);
  const clock = createFakeClock();
  const server = `https://127.0.0.1:${proxy.port}`;
  using transport = createHttpTransport({ ...first.options, server, others: () => [second.options.server], clock });
  await readText((await transport.request(get('/a'), never)).body);
  await proxy.cut();
  const lost = t.throwsAsync(transport.request(get('/b'), never));
  const fromMs = clock.now();
  await clock.advance(0);
  await clock.advance(400); // long enough to ask
  await clock.advance(1_000); // and for an answer
  const error = await lost;
  t.true(hasReason(error, 'ServiceUnavailable'));
  t.is(clock.now() - fromMs, 1_400);
  t.is(await readText((await transport.request(get('/c'), never)).body), 'GET /c Bearer secret');
  t.is(second.sessions.size, 1);
});

test('createHttpTransport() stays with a server that is slow where no other one is better', async (t) => {
  await using server = await startServer();
  await using proxy = await startProxy(new URL(server.options.server).port);
  const clock = createFakeClock();
  const url = `https://127.0.0.1:${proxy.port}`;
  using transport = createHttpTransport({
    ...server.options,
    server: url,
    others: () => ['https://127.0.0.1:1'],
    clock,
  });
  await readText((await transport.request(get('/a'), never)).body);
  await proxy.hold();
  const late = transport.request(get('/late'), never);
  await clock.advance(0);
  await clock.advance(3_000);
  proxy.mend();
  t.is(await readText((await late).body), 'GET /late Bearer secret');
  t.is(await readText((await transport.request(get('/b'), never)).body), 'GET /b Bearer secret');
  t.is(server.sessions.size, 1);
  t.is(server.accepted(), 1);
});

test('createHttpTransport() does not wait for a server that takes no part when it connects', async (t) => {
  const silent = createServer(() => {}); // takes what comes, and says nothing
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  await using server = await startServer();
  const clock = createFakeClock();
  const url = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  using transport = createHttpTransport({
    ...server.options,
    server: url,
    others: () => [server.options.server],
    clock,
  });
  const answer = transport.request(get('/a'), never);
  await clock.advance(0);
  await clock.advance(300);
  t.is(await readText((await answer).body), 'GET /a Bearer secret');
  silent.close();
});

/** Passes bytes on, until it is cut: then it takes them and keeps them, as a broken line does. */
async function startProxy(port: string) {
  let isCut = false;
  let held: (() => void)[] | undefined;
  const sockets = new Set<Socket>();
  const listener = createServer((near) => {
    const far = connect(Number(port), '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => {
        if (held !== undefined) held.push(() => to.write(bytes));
        else if (!isCut) to.write(bytes);
      });
      from.on('error', () => {});
      from.on('close', () => isCut || to.destroy());
    }
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    port: (listener.address() as AddressInfo).port,
    async cut() {
      await new Promise((resolve) => setImmediate(resolve));
      isCut = true;
    },
    /** What comes is passed on later: all in one, when it is mended. */
    async hold() {
      await new Promise((resolve) => setImmediate(resolve));
      held = [];
    },
    mend() {
      isCut = false;
      for (const pass of held ?? []) pass();
      held = undefined;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      listener.close();
    },
  };
}

async function startServer(certificate?: Awaited<ReturnType<typeof selfSigned>>) {
  const { cert, key } = certificate ?? (await selfSigned());
  const server: Http2SecureServer = createSecureServer({ cert, key });
  const sessions = new Set<ServerHttp2Session>();
  const endless = Promise.withResolvers<void>();
  let accepted = 0;
  server.on('session', (session) => {
    accepted++;
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => {});
    stream.respond({ ':status': 200, 'content-type': 'text/plain' });
    if (headers[':path'] !== '/endless') {
      stream.end(`${headers[':method']} ${headers[':path']} ${headers.authorization}`);
      return;
    }
    stream.write('first');
    stream.on('close', endless.resolve);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    sessions,
    accepted: () => accepted,
    endlessClosed: endless.promise,
    options: {
      server: `https://127.0.0.1:${port}`,
      credentials: async () => ({ ca: cert }),
      token: async () => 'secret',
      clock: createClock(),
      log: createSilentLog(),
    },
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}

async function selfSigned(): Promise<{ readonly cert: string; readonly key: string }> {
  const { SubjectAlternativeNameExtension, BasicConstraintsExtension } = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=test',
    notBefore: new Date(Date.UTC(2020, 0)),
    notAfter: new Date(Date.UTC(2090, 0)),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true),
      new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }]),
    ],
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return { cert: certificate.toString('pem'), key: `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n` };
}
