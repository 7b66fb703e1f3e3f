// What pods are given to prove who they are and to know others by: certificates of their own, and trust anchors.
import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import test from 'ava';
import { clusterTrustBundles, events, namespaces, podCertificateRequests, pods } from '#lib/api/resources.ts';
import type { PodCertificateRequest } from '#lib/api/types/certificates.v1.ts';
import type { Volume, VolumeProjection } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import type { Connection } from '#lib/client/connect.ts';
import { library } from '#lib/pki/certificate.ts';
import { connectToCluster, eventually } from './cluster.ts';

const namespace = `identities-${process.pid}`;
const signerName = 'skiff.test/pods';
const soon = () => AbortSignal.timeout(60_000);
let client: Client;
let connection: Connection;
let authority: webcrypto.CryptoKeyPair;

test.before(async () => {
  connection = await connectToCluster();
  ({ client } = connection);
  authority = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  await client.create(namespaces, { metadata: { name: namespace } }, soon());
  await eventually('the default service account', async () =>
    client.raw('GET', `/api/v1/namespaces/${namespace}/serviceaccounts/default`, soon()),
  );
});

test.after.always(async () => {
  await client.delete(namespaces, { name: namespace }, soon());
  await connection[Symbol.asyncDispose]();
});

/** A pod that prints the files of its one volume again and again. */
async function create(name: string, sources: readonly VolumeProjection[]): Promise<void> {
  const volumes: Volume[] = [{ name: 'own', projected: { sources } }];
  const script = 'while :; do echo begin; cat /own/*; echo end; sleep 0.5; done';
  const main = { name: 'main', image: 'skiff.local/tools:1', command: ['sh', '-c', script] };
  const containers = [{ ...main, volumeMounts: [{ name: 'own', mountPath: '/own' }] }];
  const spec = { containers, volumes, terminationGracePeriodSeconds: 0 };
  await client.create(pods, { metadata: { name, namespace }, spec }, soon());
}

/** What it printed last. */
async function seenBy(name: string): Promise<string> {
  const log = String(await client.raw('GET', `/api/v1/namespaces/${namespace}/pods/${name}/log`, soon()));
  return /begin\n([\s\S]*?)end\n$/.exec(log.slice(log.lastIndexOf('begin\n')))?.[1] ?? '';
}

function requestOf(podName: string): Promise<PodCertificateRequest> {
  return eventually(`the request of ${podName}`, async () => {
    const { items } = await client.list(podCertificateRequests, { namespace }, soon());
    return items.find(({ spec }) => spec.podName === podName);
  });
}

function answer({ metadata: { name } }: PodCertificateRequest, status: object) {
  const patch = { type: 'merge', body: { status } } as const;
  return client.patch(podCertificateRequests, { namespace, name }, patch, soon(), { subresource: 'status' });
}

const condition = (type: string) => ({
  type,
  status: 'True',
  reason: 'Test',
  message: 'a test said so',
  lastTransitionTime: new Date().toISOString(),
});

async function sign({ spec }: PodCertificateRequest, notBefore: Date, notAfter: Date): Promise<string> {
  const x509 = await library();
  const request = new x509.Pkcs10CertificateRequest(Uint8Array.fromBase64(spec.stubPKCS10Request));
  if (!(await request.verify())) throw new Error('The request is not signed by its key');
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${spec.podName}`,
    issuer: 'CN=test',
    serialNumber: '01',
    notBefore,
    notAfter,
    publicKey: request.publicKey,
    signingKey: authority.privateKey,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  });
  return `${certificate.toString('pem')}\n`;
}

test('a pod gets a certificate for a key that only its node has seen', async (t) => {
  const podCertificate = {
    signerName,
    keyType: 'ECDSAP256',
    credentialBundlePath: 'bundle.pem',
    userAnnotations: { 'a.b/c': 'd' },
  };
  await create('signed', [{ podCertificate }]);
  const request = await requestOf('signed');
  const pod = await client.get(pods, { namespace, name: 'signed' }, soon());
  t.like(request.spec, {
    signerName,
    podUID: pod.metadata.uid!,
    nodeName: pod.spec.nodeName!,
    serviceAccountName: 'default',
    unverifiedUserAnnotations: { 'a.b/c': 'd' },
    maxExpirationSeconds: 86_400,
  });
  t.is(pod.status.phase, 'Pending', 'it does not start without');
  const hourMs = 3600_000;
  await issue(request, Date.now(), Date.now() + hourMs); // how the next one comes: agent/volumes/pod-certificates.test.ts
  t.deepEqual(await certificateOf('signed'), { subject: 'CN=signed', isOfKey: true });
});

/** Answers a request with a certificate of two hours that begins at `fromMs`. */
async function issue(request: PodCertificateRequest, fromMs: number, refreshMs: number): Promise<void> {
  const at = (ms: number) => new Date(Math.floor(ms / 1000) * 1000);
  const [notBefore, notAfter] = [at(fromMs), at(fromMs + 2 * 3600_000)];
  await answer(request, {
    certificateChain: await sign(request, notBefore, notAfter),
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
    beginRefreshAt: at(refreshMs).toISOString(),
    conditions: [condition('Issued')],
  });
}

/** Of the bundle that the pod sees. */
async function certificateOf(podName: string): Promise<{ subject: string; isOfKey: boolean }> {
  const bundle = await eventually('its bundle', async () => (await seenBy(podName)) || undefined);
  const chain = bundle.indexOf('-----BEGIN CERTIFICATE-----');
  const certificate = new X509Certificate(bundle.slice(chain));
  const isOfKey = certificate.checkPrivateKey(createPrivateKey(bundle.slice(0, chain)));
  return { subject: certificate.subject, isOfKey };
}

test('a pod whose certificate is denied does not start, and says why', async (t) => {
  await create('denied', [
    { podCertificate: { signerName, keyType: 'ED25519', keyPath: 'key', certificateChainPath: 'chain' } },
  ]);
  await answer(await requestOf('denied'), { conditions: [condition('Denied')] });
  await eventually('an Event that says so', async () => {
    const { items } = await client.list(events, { namespace, fieldSelector: 'reason=FailedMount' }, soon());
    return items.some(({ message = '' }) => /was denied: Test: a test said so/.test(message));
  });
  t.is((await client.get(pods, { namespace, name: 'denied' }, soon())).status.phase, 'Pending');
});

test('trust anchors follow their bundle', async (t) => {
  const x509 = await library();
  const anchor = async (name: string) => {
    const made = await x509.X509CertificateGenerator.createSelfSigned({
      name: `CN=${name}`,
      keys: authority,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    });
    return `${made.toString('pem')}\n`;
  };
  const name = `skiff.test:pods:${namespace}`;
  const trustBundle = await anchor('one');
  await client.create(
    clusterTrustBundles,
    { metadata: { name, labels: { of: namespace } }, spec: { signerName, trustBundle } },
    soon(),
  );
  t.teardown(() => client.delete(clusterTrustBundles, { name }, soon()));
  const labelSelector = { matchLabels: { of: namespace } };
  await create('trusting', [{ clusterTrustBundle: { signerName, labelSelector, path: 'ca.pem' } }]);
  const subjects = async () => {
    const text = await seenBy('trusting');
    return (text.match(/-----BEGIN[\s\S]*?END CERTIFICATE-----/g) ?? []).map((pem) => new X509Certificate(pem).subject);
  };
  await eventually('the first anchor', async () => (await subjects()).join() === 'CN=one');
  const both = trustBundle + (await anchor('two'));
  await client.patch(clusterTrustBundles, { name }, { type: 'merge', body: { spec: { trustBundle: both } } }, soon());
  await eventually('both', async () => (await subjects()).sort().join() === 'CN=one,CN=two');
  const wrong = { metadata: { name: 'not-prefixed' }, spec: { signerName, trustBundle } };
  await t.throwsAsync(client.create(clusterTrustBundles, wrong, soon()), {
    message: /must be named with prefix skiff.test:pods:/,
  });
});
