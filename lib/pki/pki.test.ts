import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { load } from 'js-yaml';
import { readKubeconfig } from '#lib/client/kubeconfig.ts';
import { caHash } from '#lib/join/ca-hash.ts';
import { isGoodFor } from './certificate.ts';
import { ensureClusterPki } from './cluster.ts';
import { readHeld } from './held.ts';
import { ensureNodePki } from './node.ts';

const nowMs = Date.UTC(2026, 0, 1);
const dayMs = 24 * 3600 * 1000;

async function folder(t: { teardown(end: () => Promise<void>): void }): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'skiff-pki-'));
  t.teardown(() => rm(path, { recursive: true }));
  return path;
}

test('ensureClusterPki() makes certificates that the authority has signed, once', async (t) => {
  const directory = await folder(t);
  const options = {
    directory,
    names: ['10.9.0.1', 'lab'],
    serviceAddress: '10.96.0.1',
    server: 'https://10.9.0.1:6443',
    nowMs,
  };
  const made = await ensureClusterPki(options);
  const ca = new X509Certificate(made.ca.cert);
  const server = new X509Certificate(made.apiserver.cert);
  t.true(ca.ca);
  t.true(server.verify(ca.publicKey));
  t.true(server.checkIssued(ca));
  for (const ip of ['10.9.0.1', '10.96.0.1', '127.0.0.1']) t.is(server.checkIP(ip), ip);
  t.is(server.checkHost('kubernetes.default.svc.cluster.local'), 'kubernetes.default.svc.cluster.local');
  t.is((await stat(join(directory, 'pki/ca.key'))).mode & 0o777, 0o600);
  t.deepEqual(await ensureClusterPki(options), made);
});

test('ensureClusterPki() issues anew what is near its end or lacks a name', async (t) => {
  const directory = await folder(t);
  const options = { directory, names: [], serviceAddress: '10.96.0.1', server: 'https://127.0.0.1:6443', nowMs };
  const first = await ensureClusterPki(options);
  const named = await ensureClusterPki({ ...options, names: ['other.example'] });
  t.not(named.apiserver.cert, first.apiserver.cert);
  t.is(named.kubeletClient.cert, first.kubeletClient.cert);
  const later = await ensureClusterPki({ ...options, nowMs: nowMs + 300 * dayMs });
  t.not(later.kubeletClient.cert, first.kubeletClient.cert);
  t.is(later.ca.cert, first.ca.cert);
});

test('ensureClusterPki() renews what it must of a kubeconfig, and leaves what people made of it', async (t) => {
  const directory = await folder(t);
  const options = { directory, names: [], serviceAddress: '10.96.0.1', server: 'https://127.0.0.1:6443', nowMs };
  const { adminKubeconfig } = await ensureClusterPki(options);
  const file = join(directory, 'admin.conf');
  const changed = adminKubeconfig.replace('cluster: skiff\n    user', 'cluster: skiff\n    namespace: mine\n    user');
  t.not(changed, adminKubeconfig);
  await writeFile(file, changed);
  await ensureClusterPki(options);
  t.is(await readFile(file, 'utf8'), changed);
  const before = await readFile(join(directory, 'pki/admin.crt'), 'utf8');
  await ensureClusterPki({ ...options, nowMs: nowMs + 300 * dayMs });
  const text = await readFile(file, 'utf8');
  t.regex(text, /namespace: mine/);
  t.false(text.includes(Buffer.from(before).toString('base64')));
  t.true(text.includes(Buffer.from(await readFile(join(directory, 'pki/admin.crt'))).toString('base64')));
  await writeFile(file, 'nonsense');
  t.regex((await ensureClusterPki({ ...options, nowMs: nowMs + 300 * dayMs })).adminKubeconfig, /^apiVersion/);
});

test('ensureClusterPki() renews an authority by its own key: what it has signed stays good', async (t) => {
  const directory = await folder(t);
  const options = { directory, names: [], serviceAddress: '10.96.0.1', server: 'https://127.0.0.1:6443', nowMs };
  const lifetimes = { authorityMs: 40 * dayMs, leafMs: 20 * dayMs };
  const first = await ensureClusterPki({ ...options, lifetimes });
  const same = await ensureClusterPki({ ...options, lifetimes, nowMs: nowMs + 10 * dayMs });
  t.is(same.ca.cert, first.ca.cert);
  const later = await ensureClusterPki({ ...options, lifetimes, nowMs: nowMs + 31 * dayMs });
  t.not(later.ca.cert, first.ca.cert);
  t.is(later.ca.key, first.ca.key);
  t.is(caHash(later.ca.cert), caHash(first.ca.cert));
  const [old, now] = [first, later].map(({ ca }) => new X509Certificate(ca.cert));
  for (const leaf of [first.apiserver, later.apiserver].map(({ cert }) => new X509Certificate(cert))) {
    for (const authority of [old!, now!]) t.true(leaf.checkIssued(authority) && leaf.verify(authority.publicKey));
  }
  t.is(now!.validToDate.getTime(), nowMs + 71 * dayMs);
});

test('ensureNodePki() gives a node the identity that the Node authorizer knows', async (t) => {
  const clusterDirectory = await folder(t);
  const directory = await folder(t);
  const cluster = await ensureClusterPki({
    directory: clusterDirectory,
    names: [],
    serviceAddress: '10.96.0.1',
    server: 'https://127.0.0.1:6443',
    nowMs,
  });
  const server = 'https://192.0.2.1:6443';
  const node = await ensureNodePki({
    clusterDirectory,
    directory,
    nodeName: 'n1',
    names: ['192.0.2.2'],
    server,
    nowMs,
  });
  const { clusters } = load(await readFile(node.kubeconfig, 'utf8')) as Config;
  t.is(clusters[0].cluster.server, server);
  const { certificateFile, credentials } = await readKubeconfig(node.kubeconfig);
  t.is(certificateFile, join(directory, 'pki/kubelet-client-current.pem'));
  t.is((await credentials()).ca, cluster.ca.cert);
  const held = await readHeld(join(directory, 'pki'), 'kubelet-client');
  const request = { commonName: 'system:node:n1', organizations: ['system:nodes'], usages: ['client'] } as const;
  t.true(isGoodFor(held!, cluster.ca, request, nowMs));
  t.is(new X509Certificate(await readFile(node.servingCert)).checkIP('192.0.2.2'), '192.0.2.2');
});

interface Config {
  readonly clusters: readonly [{ readonly cluster: { readonly server: string } }];
}
