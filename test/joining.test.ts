// A node joins the real server, in this process: who may, who may not, and what it gets.
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { certificateSigningRequests, configMaps, nodes, secrets } from '#lib/api/resources.ts';
import { connect } from '#lib/client/connect.ts';
import { createClock, createFakeClock } from '#lib/clock.ts';
import { freePort } from '#lib/free-port.ts';
import { caHash } from '#lib/join/ca-hash.ts';
import { clusterInfo } from '#lib/join/cluster-info.ts';
import { formatToken, generateToken, parseToken, secretName, secretOf, type TokenFacts } from '#lib/join/token.ts';
import { createSilentLog } from '#lib/log.ts';
import { readHeld } from '#lib/pki/held.ts';
import { joinCluster } from '../agent/certificates/join.ts';
import { keepCertificates } from '../agent/certificates/keep-all.ts';
import { startTestServer, type TestServer } from '../controlplane/testing.ts';

const clock = createClock();
const log = createSilentLog();
const first = parseToken('abcdef.0123456789abcdef');
let server: TestServer;
let url: string;
let hash: string;
const folders: string[] = [];

test.before(async () => {
  const securePort = await freePort();
  server = await startTestServer({ apiOnly: false, securePort, advertiseAddress: '127.0.0.1', tokens: [first] });
  url = `https://127.0.0.1:${securePort}`;
  hash = caHash(await readFile(join(server.directory, 'pki/ca.crt'), 'utf8'));
  await signed(first.id);
});

test.after.always(async () => {
  await server.close();
  for (const folder of folders) await rm(folder, { recursive: true });
});

test('a node joins by a token and gets an identity of its own, which does for its requests', async (t) => {
  const rootDir = await folder();
  const { settings, cluster } = await enter('node-a', { rootDir });
  t.is(cluster.server, url);
  t.is(settings.clusterDNS, '10.96.0.10');
  const held = await readHeld(join(rootDir, 'pki'), 'kubelet-client');
  t.is(held?.commonName, 'system:node:node-a');
  t.regex(new X509Certificate(held!.cert).subject, /O=system:nodes/);
  await using connection = await connect(join(rootDir, 'kubeconfig'));
  const { items } = await connection.client.list(certificateSigningRequests, {}, signal());
  const request = items.find(({ metadata }) => metadata.name.startsWith('node-csr-'));
  t.is(request?.spec.username, 'system:bootstrap:abcdef');
  const approval = request?.status?.conditions?.[0];
  t.is(approval?.message, 'Auto approving kubelet client certificate after SubjectAccessReview.');
});

test('a node that has joined serves by a certificate of the cluster', async (t) => {
  const rootDir = await folder();
  const nodeName = 'node-s';
  await enter(nodeName, { rootDir });
  await using connection = await connect(join(rootDir, 'kubeconfig'));
  const addresses = [{ type: 'InternalIP', address: '192.0.2.77' }];
  const draft = { metadata: { name: nodeName }, status: { addresses } };
  const node = await connection.client.create(nodes, draft, signal());
  const end = new AbortController();
  const first = Promise.withResolvers<string>();
  const kept = keepCertificates(
    {
      nodeName,
      rootDir,
      clientCaFile: '',
      isServing: true,
      connection,
      node: () => node,
      serve: (pair) => first.resolve(pair.cert ?? ''),
      clock,
      log,
    },
    end.signal,
  );
  const certificate = new X509Certificate(await first.promise);
  t.is(certificate.subjectAltName, 'DNS:node-s, IP Address:192.0.2.77');
  t.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1']);
  end.abort();
  await kept;
});

test('a node whose address changes serves by another certificate, which names the new one', async (t) => {
  const rootDir = await folder();
  const nodeName = 'node-m';
  await enter(nodeName, { rootDir });
  await using connection = await connect(join(rootDir, 'kubeconfig'));
  const at = (address: string) => ({
    metadata: { name: nodeName },
    status: { addresses: [{ type: 'InternalIP', address }] },
  });
  let node = await connection.client.create(nodes, at('192.0.2.78'), signal());
  const fake = createFakeClock(Date.now()); // certificates are looked at every ten seconds
  const end = new AbortController();
  const served: string[] = [];
  const serve = ({ cert }: { readonly cert?: string }) => void (cert === undefined || served.push(cert));
  const about = { nodeName, rootDir, clientCaFile: '', isServing: true, connection, node: () => node, serve };
  const kept = keepCertificates({ ...about, clock: fake, log }, end.signal);
  const until = async (count: number) => {
    while (served.length < count) {
      await fake.advance(500);
      await clock.sleep(20, signal()); // for what really happens
    }
    return new X509Certificate(served.at(-1)!).subjectAltName;
  };
  t.is(await until(1), 'DNS:node-m, IP Address:192.0.2.78');
  const told = { type: 'merge', body: { status: at('192.0.2.79').status } } as const;
  node = await connection.client.patch(nodes, { name: nodeName }, told, signal(), { subresource: 'status' });
  t.is(await until(2), 'DNS:node-m, IP Address:192.0.2.79');
  end.abort();
  await kept;
});

test('the public description is signed as other signers do it, and names no secret', async (t) => {
  const { data = {} } = await server.client.get(configMaps, clusterInfo, signal());
  const [header, payload] = ['{"alg":"HS256","kid":"abcdef"}', data['kubeconfig']!].map((text) =>
    Buffer.from(text).toString('base64url'),
  );
  const parts = data['jws-kubeconfig-abcdef']!.split('.');
  t.deepEqual(parts.slice(0, 2), [header!, '']);
  t.is(Buffer.from(parts[2]!, 'base64url').length, createHash('sha256').digest().length);
  t.truthy(payload);
  t.notRegex(JSON.stringify(data), /0123456789abcdef/);
});

const refused = test.macro<[Partial<Parameters<typeof enter>[1]>, RegExp]>({
  title: (what) => `a node is refused with clear words: ${what}`,
  exec: async (t, difference, message) => {
    const error = await t.throwsAsync(enter('node-b', { rootDir: await folder(), ...difference }));
    t.regex(error!.message, message);
  },
});
test(
  'a token nobody knows',
  refused,
  { token: parseToken('zzzzzz.0123456789abcdef') },
  /does not know the token zzzzzz/,
);
test(
  'a wrong secret',
  refused,
  { token: parseToken('abcdef.0123456789abcdee') },
  /token abcdef, but with another secret/,
);
test(
  'another authority',
  refused,
  { caHash: `sha256:${'0'.repeat(64)}` },
  /not the one that was meant: its authority is sha256:/,
);

test('an expired token is cleaned away and lets nobody in', async (t) => {
  const token = generateToken();
  await put({ token, expiresMs: clock.now() + 1500, usages: ['authentication', 'signing'], groups: [] });
  await signed(token.id);
  for (let gone = false; !gone; await clock.sleep(50, signal()))
    gone = await server.client.get(secrets, { namespace: 'kube-system', name: secretName(token.id) }, signal()).then(
      () => false,
      () => true,
    );
  const { data = {} } = await eventually(async () => {
    const map = await server.client.get(configMaps, clusterInfo, signal());
    return map.data?.[`jws-kubeconfig-${token.id}`] === undefined ? map : undefined;
  });
  t.truthy(data['kubeconfig']);
  const error = await t.throwsAsync(enter('node-c', { rootDir: await folder(), token }));
  t.regex(error!.message, new RegExp(`does not know the token ${token.id}: it is wrong or has expired`));
});

test('a token that may sign but not join is refused', async (t) => {
  const token = generateToken();
  await put({ token, usages: ['signing'], groups: [] });
  await signed(token.id);
  const error = await t.throwsAsync(enter('node-d', { rootDir: await folder(), token }));
  t.regex(error!.message, /does not let this token in/);
  t.notRegex(error!.message, new RegExp(formatToken(token)));
});

function enter(nodeName: string, options: { rootDir: string; token?: typeof first; caHash?: string }) {
  return joinCluster({ server: url, token: first, caHash: hash, nodeName, ...options }, { clock, log }, signal());
}

async function put(facts: TokenFacts): Promise<void> {
  await server.client.create(secrets, secretOf(facts), signal());
}

/** Settles when the description bears the token's signature. */
async function signed(id: string): Promise<void> {
  await eventually(async () => {
    const map = await server.client.get(configMaps, clusterInfo, signal());
    return map.data?.[`jws-kubeconfig-${id}`];
  });
}

async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const until = signal();
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    await clock.sleep(20, until);
  }
}

function signal(): AbortSignal {
  return AbortSignal.timeout(30_000);
}

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'skiff-join-'));
  folders.push(made);
  return made;
}
