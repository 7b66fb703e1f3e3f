import type { webcrypto } from 'node:crypto';
import test from 'ava';
import type { PodCertificateRequest, PodCertificateRequestStatus } from '#lib/api/types/certificates.v1.ts';
import { createAuthority, importKey, type KeyPair, library, serialNumber } from '#lib/pki/certificate.ts';
import { createStubRequest } from '#lib/pki/stub-request.ts';
import { validateCertificateStatus } from './pod-certificate-status.ts';

const fromMs = Date.parse('2026-01-01T00:00:00Z');
const hourMs = 3_600_000;
const time = (ms: number) => new Date(ms).toISOString().replace('.000', '');
const condition = (type: string) => ({
  type,
  status: 'True',
  reason: 'Test',
  message: '',
  lastTransitionTime: time(fromMs),
});

let authority: KeyPair;
let asked: Buffer;
let chain: string;
test.before(async () => {
  authority = await createAuthority('signer', fromMs);
  asked = (await createStubRequest('ECDSAP256')).der;
  chain = await certificateFor(asked, fromMs + 24 * hourMs);
});

async function certificateFor(request: Buffer, untilMs: number): Promise<string> {
  const x509 = await library();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    notBefore: new Date(fromMs),
    notAfter: new Date(untilMs),
    publicKey: new x509.Pkcs10CertificateRequest(new Uint8Array(request)).publicKey,
    signingKey: (await importKey(authority.key)) as webcrypto.CryptoKey,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  });
  return `${certificate.toString('pem')}\n`;
}

function requestWith(status: PodCertificateRequestStatus): PodCertificateRequest {
  const spec = { signerName: 'a.example/b', maxExpirationSeconds: 86_400, stubPKCS10Request: asked.toString('base64') };
  return { metadata: { name: 'a' }, spec: spec as PodCertificateRequest['spec'], status };
}

const issued = () => ({
  certificateChain: chain,
  notBefore: time(fromMs),
  notAfter: time(fromMs + 24 * hourMs),
  beginRefreshAt: time(fromMs + 12 * hourMs),
  conditions: [condition('Issued')],
});

function says(
  status: PodCertificateRequestStatus,
  before: PodCertificateRequestStatus = {},
  nowMs = fromMs,
): readonly string[] {
  return validateCertificateStatus(requestWith(status), requestWith(before), nowMs).map(
    (one) => `${one.field} ${one.message}`,
  );
}

test('An answer with a certificate for the key that asked is taken, and never changes', (t) => {
  t.deepEqual(says(issued()), []);
  t.deepEqual(says(issued(), issued()), []);
  t.regex(says({}, issued())[0] ?? '', /^status .*immutable after PodCertificateRequest is issued, denied, or failed/);
});

test('A certificate begins within five minutes of now', (t) => {
  const minuteMs = 60_000;
  for (const byMs of [-5 * minuteMs + 1, 0, 5 * minuteMs - 1]) t.deepEqual(says(issued(), {}, fromMs + byMs), []);
  for (const byMs of [-5 * minuteMs, 5 * minuteMs, 24 * hourMs]) {
    const [said = ''] = says(issued(), {}, fromMs + byMs);
    t.regex(said, /^status.notBefore .*must be set to within 5 minutes of kube-apiserver's current time$/);
  }
});

test('A certificate for another key, or one that lives too long, is refused', async (t) => {
  const { der } = await createStubRequest('ED25519');
  const other = await certificateFor(der, fromMs + 24 * hourMs);
  t.regex(says({ ...issued(), certificateChain: other })[0] ?? '', /not issued to the requested public key/);
  const long = await certificateFor(asked, fromMs + 25 * hourMs);
  const late = { ...issued(), certificateChain: long, notAfter: time(fromMs + 25 * hourMs) };
  t.regex(says(late)[0] ?? '', /lifetime must be <= spec.maxExpirationSeconds \(86400\)/);
  const short = await certificateFor(asked, fromMs + hourMs / 2);
  const soon = { ...issued(), certificateChain: short, notAfter: time(fromMs + hourMs / 2) };
  t.regex(says(soon)[0] ?? '', /lifetime must be >= 1 hour/);
});

const refusals = test.macro<[() => PodCertificateRequestStatus, RegExp]>({
  title: (title) => `validateCertificateStatus() refuses ${title}`,
  exec(t, status, expected) {
    t.regex(says(status())[0] ?? '', expected);
  },
});
test(
  'no certificate',
  refusals,
  () => ({ ...issued(), certificateChain: '' }),
  /must contain at least one certificate/,
);
test(
  'a key',
  refusals,
  () => ({ ...issued(), certificateChain: `${chain}${authority.key}` }),
  /entirely of CERTIFICATE/,
);
test('no time', refusals, () => ({ ...issued(), notBefore: undefined }), /^status.notBefore Required/);
test('another time', refusals, () => ({ ...issued(), notBefore: time(fromMs + 1000) }), /must be set to the NotBefore/);
test('to begin too late', refusals, () => ({ ...issued(), beginRefreshAt: issued().notAfter }), /10 minutes before/);
test(
  'two ends',
  refusals,
  () => ({ conditions: [condition('Denied'), condition('Failed')] }),
  /There may be at most one/,
);
test('another condition', refusals, () => ({ conditions: [condition('Ready')] }), /Unsupported value: "Ready"/);
test(
  'a denial with a certificate',
  refusals,
  () => ({ ...issued(), conditions: [condition('Denied')] }),
  /must be empty/,
);
test(
  'a certificate without a word',
  refusals,
  () => ({ ...issued(), conditions: [] }),
  /unless transitioning to "Issued"/,
);
