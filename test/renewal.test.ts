// The control plane's certificates and its authority live for seconds here: the server goes on, and nobody is refused.
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import test from 'ava';
import { configMaps, nodes } from '#lib/api/resources.ts';
import { createClient } from '#lib/client/client.ts';
import { connect } from '#lib/client/connect.ts';
import { createHttpTransport } from '#lib/client/http-transport.ts';
import { readKubeconfig } from '#lib/client/kubeconfig.ts';
import { createClock } from '#lib/clock.ts';
import { hasReason } from '#lib/errors.ts';
import { freePort } from '#lib/free-port.ts';
import { caHash } from '#lib/join/ca-hash.ts';
import { clusterInfo, kubeconfigKey, signaturePrefix } from '#lib/join/cluster-info.ts';
import { readClusterInfo } from '#lib/join/read-cluster-info.ts';
import { clusterSettings } from '#lib/join/settings.ts';
import { isSignedBy } from '#lib/join/signature.ts';
import { parseToken } from '#lib/join/token.ts';
import { createSilentLog } from '#lib/log.ts';
import { readHeld } from '#lib/pki/held.ts';
import { joinCluster } from '../agent/certificates/join.ts';
import { keepCertificates } from '../agent/certificates/keep-all.ts';
import { pathsOf } from '../agent/certificates/paths.ts';
import { startTestServer, type TestServer } from '../controlplane/testing.ts';

const clock = createClock();
const log = createSilentLog();
const token = parseToken('abcdef.0123456789abcdef');
const soon = () => AbortSignal.timeout(60_000);
let server: TestServer;
let securePort: number;
let firstCa: string;
const pki = (name: string) => readFile(join(server.directory, 'pki', name), 'utf8');

test.before(async () => {
  securePort = await freePort();
  const lifetimes = { signingDurationMs: 10_000, certificateLifetimeMs: 10_000, authorityLifetimeMs: 20_000 };
  server = await startTestServer({
    apiOnly: false,
    securePort,
    advertiseAddress: '127.0.0.1',
    tokens: [token],
    ...lifetimes,
  });
  firstCa = await pki('ca.crt');
});
test.after.always(() => server.close());

test('a client that reads the kubeconfig for each request is never refused, and sees ever new certificates', async (t) => {
  const shown = new Set<string>();
  for (const untilMs = clock.now() + 15_000; clock.now() < untilMs; await clock.sleep(200, soon())) {
    await using connection = await connect(join(server.directory, 'admin.conf'));
    await connection.client.list(nodes, {}, soon());
    shown.add(await serialOf(securePort));
  }
  t.true(shown.size >= 2, `${shown.size} certificates were shown`);
});

test('a node that has joined renews what it shows and what it believes, and is never refused', async (t) => {
  const rootDir = await mkdtemp(join(tmpdir(), 'skiff-renewal-'));
  const url = `https://127.0.0.1:${securePort}`;
  const nodeName = 'node-r';
  const discovery = { server: url, token, caHash: caHash(firstCa), nodeName, rootDir };
  await eventually(async () => {
    const signed = (await server.client.get(configMaps, clusterInfo, soon())).data?.[signaturePrefix + token.id];
    return signed;
  });
  await joinCluster(discovery, { clock, log }, soon());
  await using connection = await connect(join(rootDir, 'kubeconfig'));
  const end = new AbortController();
  const shown = new Set<string>();
  const clientCaFile = pathsOf(rootDir).ca;
  const told: string[] = [];
  const options = { nodeName, rootDir, isServing: false, clientCaFile, connection, node: () => undefined };
  const serve = ({ clientCa = '' }) => told.push(clientCa);
  const kept = keepCertificates({ ...options, serve, authorityMs: 200, clock, log }, end.signal);
  for (const untilMs = clock.now() + 15_000; clock.now() < untilMs; await clock.sleep(50, soon())) {
    await connection.client.list(nodes, {}, soon());
    shown.add((await readHeld(pathsOf(rootDir).pki, 'kubelet-client'))!.cert);
  }
  end.abort();
  await kept;
  t.true(shown.size >= 2, `${shown.size} certificates were shown`);
  t.true(told.length >= 1);
  t.not(await readFile(clientCaFile, 'utf8'), firstCa);
  await rm(rootDir, { recursive: true });
});

test('a certificate that has ended is refused, on a connection that was made before its end, too', async (t) => {
  const { server: url, credentials } = await readKubeconfig(join(server.directory, 'admin.conf'));
  const kept = await credentials();
  using transport = createHttpTransport({ server: url, credentials: async () => kept, clock, log });
  const client = createClient(transport);
  await client.list(nodes, {}, soon());
  const { validToDate } = new X509Certificate(String(kept.cert));
  await clock.sleep(validToDate.getTime() - clock.now() + 100, soon());
  const error = await t.throwsAsync(client.list(nodes, {}, soon()));
  t.true(hasReason(error, 'Unauthorized'));
});

test('the authority is renewed by the same key, and everybody hears of it', async (t) => {
  const data = async (at: { readonly namespace: string; readonly name: string }) => {
    await using connection = await connect(join(server.directory, 'admin.conf'));
    return (await connection.client.get(configMaps, at, soon())).data ?? {};
  };
  const next = await eventually(async () => {
    const found = await pki('ca.crt');
    return found === firstCa ? undefined : found;
  });
  t.is(caHash(next), caHash(firstCa));
  // It goes on being renewed meanwhile: what counts is that each has another one than the first.
  const isNext = (ca: string | undefined) =>
    ca !== undefined && ca !== firstCa && caHash(ca) === caHash(firstCa) ? ca : undefined;
  await eventually(async () => isNext((await data({ namespace: 'default', name: 'kube-root-ca.crt' }))['ca.crt']));
  await eventually(async () => isNext((await data(clusterSettings))['certificateAuthority']));
  const signed = await eventually(async () => {
    const info = await data(clusterInfo);
    const text = info[kubeconfigKey] ?? '';
    const isSigned = isSignedBy(token, text, info[signaturePrefix + token.id] ?? '');
    return isSigned ? isNext(readClusterInfo(text).ca) : undefined;
  });
  t.truthy(signed);
});

function serialOf(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const until = soon();
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await clock.sleep(50, until);
  }
}
