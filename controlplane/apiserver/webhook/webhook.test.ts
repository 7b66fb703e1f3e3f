// Who somebody is, and what somebody may, said by a server outside.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { configMaps, subjectAccessReviews, tokenReviews } from '#lib/api/resources.ts';
import type { TokenReview } from '#lib/api/types/authentication.v1.ts';
import type { SubjectAccessReview } from '#lib/api/types/authorization.v1.ts';
import { type Client, createClient } from '#lib/client/client.ts';
import { createHttpTransport } from '#lib/client/http-transport.ts';
import { createClock, createFakeClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { createAuthority, issueCertificate } from '#lib/pki/certificate.ts';
import { startTestServer, type TestServer } from '../../testing.ts';
import { createRemembered } from './remembered.ts';

type Review = SubjectAccessReview & TokenReview;

const asked: Review[] = [];
let server: TestServer;
let foreign: Client;
let stranger: Client;
let close: (() => Promise<void>) | undefined;

test.before(async () => {
  const nowMs = createClock().now();
  const authority = await createAuthority('authority of the outside', nowMs);
  const pair = await issueCertificate(
    authority,
    { commonName: 'outside', usages: ['server'], names: ['127.0.0.1'] },
    nowMs,
  );
  const outside = createServer(pair, async (incoming, outgoing) => {
    const pieces: Buffer[] = [];
    for await (const piece of incoming) pieces.push(piece as Buffer);
    const review = JSON.parse(Buffer.concat(pieces).toString()) as Review;
    asked.push(review);
    outgoing.setHeader('content-type', 'application/json');
    outgoing.end(JSON.stringify({ ...review, status: incoming.url === '/who' ? who(review) : may(review) }));
  });
  await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
  const folder = await mkdtemp(join(tmpdir(), 'skiff-outside-'));
  const kubeconfig = async (path: string) => {
    const file = join(folder, path);
    const ca = Buffer.from(authority.cert).toString('base64');
    const { port } = outside.address() as AddressInfo;
    const cluster = { server: `https://127.0.0.1:${port}/${path}`, 'certificate-authority-data': ca };
    const contexts = [{ name: 'a', context: { cluster: 'a', user: 'a' } }];
    const users = [{ name: 'a', user: { token: 'secret' } }];
    await writeFile(
      file,
      JSON.stringify({ 'current-context': 'a', contexts, users, clusters: [{ name: 'a', cluster }] }),
    );
    return file;
  };
  server = await startTestServer({
    authenticationWebhook: { kubeconfig: await kubeconfig('who'), ttlMs: 60_000 },
    authorizationWebhook: { kubeconfig: await kubeconfig('may'), authorizedTtlMs: 60_000, unauthorizedTtlMs: 0 },
  });
  const as = (token: string) =>
    createHttpTransport({
      server: `https://127.0.0.1:${server.port}`,
      credentials: async () => ({ ca: await readFile(join(server.directory, 'pki', 'ca.crt'), 'utf8') }),
      token: async () => token,
      clock: createClock(),
      log: createSilentLog(),
    });
  const transports = [as('of jane'), as('of nobody')];
  [foreign, stranger] = transports.map((transport) => createClient(transport)) as [Client, Client];
  close = async () => {
    for (const transport of transports) transport[Symbol.dispose]();
    await server.close();
    outside.close();
    outside.closeAllConnections();
    await rm(folder, { recursive: true });
  };
});

test.after.always(() => close?.());

function who({ spec }: TokenReview): TokenReview['status'] {
  if (spec.token !== 'of jane') return { authenticated: false };
  return { authenticated: true, user: { username: 'jane', groups: ['staff'] } };
}

function may({ spec }: SubjectAccessReview): SubjectAccessReview['status'] {
  const allowed = spec.user === 'jane' && spec.resourceAttributes?.verb === 'list';
  return { allowed, reason: allowed ? '' : 'ask the boss' };
}

test('Somebody whom others know may what others say', async (t) => {
  const { signal } = server;
  await t.notThrowsAsync(foreign.list(configMaps, { namespace: 'default' }, signal));
  const review = asked.find(({ spec }) => spec.resourceAttributes?.namespace === 'default');
  t.deepEqual(review?.spec as object, {
    resourceAttributes: { verb: 'list', version: 'v1', resource: 'configmaps', namespace: 'default' },
    user: 'jane',
    groups: ['staff', 'system:authenticated'],
  });
  await t.throwsAsync(foreign.get(configMaps, { namespace: 'default', name: 'a' }, signal), {
    message: /configmaps "a" is forbidden: User "jane" cannot get .*: ask the boss$/,
  });
});

test('Nobody is asked again what counts still', async (t) => {
  const { signal } = server;
  const lists = () => asked.filter(({ spec }) => spec.resourceAttributes?.namespace === 'kube-system').length;
  await foreign.list(configMaps, { namespace: 'kube-system' }, signal);
  await foreign.list(configMaps, { namespace: 'kube-system' }, signal);
  t.is(lists(), 1);
});

test('A token that nobody knows is none', async (t) => {
  await t.throwsAsync(stranger.list(configMaps, { namespace: 'default' }, server.signal), { message: /Unauthorized/ });
});

test('Reviews ask others, too', async (t) => {
  const { client, signal } = server;
  const resourceAttributes = { verb: 'list', resource: 'pods' };
  const access = await client.create(
    subjectAccessReviews,
    { metadata: {}, spec: { user: 'jane', resourceAttributes } } as never,
    signal,
  );
  t.true(access.status?.allowed);
  const token = await client.create(tokenReviews, { metadata: {}, spec: { token: 'of jane' } } as never, signal);
  t.like(token.status, { authenticated: true, user: { username: 'jane', groups: ['staff', 'system:authenticated'] } });
});

test.serial('What others say is counted, and each request once', async (t) => {
  const { client, signal } = server;
  const numbers = async () => {
    const text = String(await client.raw('GET', '/metrics', signal));
    return (series: string) =>
      Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${series} `))
          ?.split(' ')[1] ?? 0,
      );
  };
  const before = await numbers();
  await foreign.list(configMaps, { namespace: 'kube-public' }, signal);
  await t.throwsAsync(foreign.get(configMaps, { namespace: 'kube-public', name: 'a' }, signal));
  await t.throwsAsync(stranger.list(configMaps, { namespace: 'kube-public' }, signal));
  const after = await numbers();
  const grown = (series: string) => after(series) - before(series);
  t.is(grown('authorization_attempts_total{result="no-opinion"}'), 1);
  t.is(grown('authentication_attempts{result="failure"}'), 1);
  t.is(grown('apiserver_authorization_decisions_total{type="Webhook",name="default",decision="allowed"}'), 1);
  t.is(grown('apiserver_authorization_webhook_evaluations_total{name="default",result="success"}'), 2);
  t.is(grown('apiserver_authorization_webhook_duration_seconds_count{name="default",result="success"}'), 2);
});

test('createRemembered() forgets in time, and the oldest where there is too much', (t) => {
  const clock = createFakeClock();
  const known = createRemembered<number>(clock.now, 2);
  known.set('a', 1, 100);
  known.set('b', 2, 200);
  clock.advance(150);
  t.deepEqual([known.get('a'), known.get('b')], [undefined, 2]);
  known.set('c', 3, 200);
  known.set('d', 4, 200);
  t.deepEqual([known.get('b'), known.get('c'), known.get('d')], [undefined, 3, 4]);
});
