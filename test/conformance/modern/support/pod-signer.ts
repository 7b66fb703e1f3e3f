// A signer of pod certificates, as an operator of a cluster would run one: it watches the requests that name it, and answers
// each with a certificate that says by a SPIFFE URI whose pod asked. Rule: KEP-4317.
import type { webcrypto } from 'node:crypto';
import { clusterTrustBundles, podCertificateRequests } from '#lib/api/resources.ts';
import type { PodCertificateRequestSpec } from '#lib/api/types/certificates.v1.ts';
import { createAuthority, importKey, type KeyPair, library, serialNumber } from '#lib/pki/certificate.ts';
import type { Case } from './spec.ts';

/** Signs for the spec's namespace until the spec ends, and publishes its own certificate as a ClusterTrustBundle. */
export async function runPodSigner(c: Case): Promise<{ readonly signerName: string }> {
  const { client, namespace } = c;
  const signerName = `modern.example.com/${c.id}`;
  const authority = await createAuthority(`modern-${c.id}`, Date.now());
  const name = `modern.example.com:${c.id}:primary`;
  const bundle = { metadata: { name }, spec: { signerName, trustBundle: authority.cert } };
  await client.create(clusterTrustBundles, bundle, c.signal);
  c.defer(() => client.delete(clusterTrustBundles, { name }, AbortSignal.timeout(10_000)));

  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, c.signal]);
  const where = { namespace, fieldSelector: `spec.signerName=${signerName}` };
  const { metadata } = await client.list(podCertificateRequests, where, signal);
  const work = (async () => {
    const from = { ...where, resourceVersion: metadata.resourceVersion ?? '' };
    for await (const { type, object } of client.watch(podCertificateRequests, from, signal)) {
      if (type !== 'ADDED') continue;
      const body = { status: await issue(authority, object.spec, namespace) };
      const at = { namespace, name: object.metadata.name };
      await client.patch(podCertificateRequests, at, { type: 'merge', body }, signal, { subresource: 'status' });
    }
  })();
  work.catch((error) => stop.signal.aborted || c.t.log(`The signer failed: ${error}`));
  c.defer(async () => {
    stop.abort();
    await work;
  });
  return { signerName };
}

/** The status that answers a request with a certificate for its key. */
export async function issue(authority: KeyPair, wish: PodCertificateRequestSpec, namespace: string) {
  const x509 = await library();
  const request = new x509.Pkcs10CertificateRequest(Uint8Array.fromBase64(wish.stubPKCS10Request));
  if (!(await request.verify())) throw new Error('The request is not signed by its key');
  const notBeforeMs = Math.floor(Date.now() / 1000) * 1000 - backdateMs;
  const notAfterMs = notBeforeMs + (wish.maxExpirationSeconds ?? 0) * 1000;
  const path = wish.unverifiedUserAnnotations?.[pathAnnotation] ?? `/ns/${namespace}/sa/${wish.serviceAccountName}`;
  const certificate = await x509.X509CertificateGenerator.create({
    issuer: new x509.X509Certificate(authority.cert).subject,
    serialNumber: serialNumber(),
    notBefore: new Date(notBeforeMs),
    notAfter: new Date(notAfterMs),
    publicKey: request.publicKey,
    signingKey: (await importKey(authority.key)) as webcrypto.CryptoKey,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [
      new x509.SubjectAlternativeNameExtension([{ type: 'url', value: `spiffe://cluster.local${path}` }], true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.BasicConstraintsExtension(false, undefined, true),
    ],
  });
  const time = (ms: number) => new Date(ms).toISOString().replace(/\.\d+/, '');
  return {
    certificateChain: `${certificate.toString('pem')}\n`,
    notBefore: time(notBeforeMs),
    notAfter: time(notAfterMs),
    beginRefreshAt: time(notAfterMs - 30 * 60_000),
    conditions: [
      { type: 'Issued', status: 'True', reason: 'E2E', message: 'by a test', lastTransitionTime: time(Date.now()) },
    ],
  };
}
const backdateMs = 2 * 60_000;

/** A pod may wish for another path in its name, by this one of its `userAnnotations`. */
export const pathAnnotation = 'spiffe/path-overriding';
