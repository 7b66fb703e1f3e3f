import { webcrypto, X509Certificate } from 'node:crypto';
import test from 'ava';
import { createAuthority, library } from './certificate.ts';
import { describeRequest, signRequest } from './signing.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

async function requestFor(organization: string): Promise<string> {
  const x509 = await library();
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const names = new x509.SubjectAlternativeNameExtension([
    { type: 'dns', value: 'a.example' },
    { type: 'ip', value: '192.0.2.7' },
  ]);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ O: [organization] }, { CN: ['system:node:a'] }],
    keys,
    signingAlgorithm: algorithm,
    extensions: [names],
  });
  return request.toString('pem');
}

test('describeRequest() tells subject and names', async (t) => {
  t.deepEqual(await describeRequest(await requestFor('system:nodes')), {
    commonName: 'system:node:a',
    organizations: ['system:nodes'],
    dnsNames: ['a.example'],
    ips: ['192.0.2.7'],
    emails: [],
    uris: [],
  });
});

test('describeRequest() refuses what is no request', async (t) => {
  await t.throwsAsync(() =>
    describeRequest('-----BEGIN CERTIFICATE REQUEST-----\nYQ==\n-----END CERTIFICATE REQUEST-----\n'),
  );
});

test('signRequest() keeps subject and names, and the order', async (t) => {
  const nowMs = Date.UTC(2026, 0, 1);
  const authority = await createAuthority('test', nowMs);
  const request = await requestFor('system:nodes');
  const usages = ['digital signature', 'key encipherment', 'server auth'];
  const pem = await signRequest(authority, { request, usages, lifetimeMs: 36_000_000, nowMs });
  const certificate = new X509Certificate(pem);
  t.true(certificate.verify(new X509Certificate(authority.cert).publicKey));
  t.is(certificate.subject, 'O=system:nodes\nCN=system:node:a');
  t.is(certificate.subjectAltName, 'DNS:a.example, IP Address:192.0.2.7');
  t.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1']);
  t.is(certificate.validToDate.getTime(), nowMs - 300_000 + 36_000_000);
  t.false(certificate.ca);
});

test('signRequest() takes nothing off a short life', async (t) => {
  const nowMs = Date.UTC(2026, 0, 1);
  const authority = await createAuthority('test', nowMs);
  const request = await requestFor('system:nodes');
  const lifeOf = async (lifetimeMs: number) => {
    const order = { request, usages: ['client auth'], lifetimeMs, nowMs };
    const { validFromDate, validToDate } = new X509Certificate(await signRequest(authority, order));
    return [validFromDate.getTime() - nowMs, validToDate.getTime() - nowMs];
  };
  t.deepEqual(await lifeOf(3_600_000), [-300_000, 3_600_000]);
  t.deepEqual(await lifeOf(120_000), [-60_000, 120_000]);
});
