import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createFakeClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { issueCertificate } from '#lib/pki/certificate.ts';
import { writePair } from '#lib/pki/files.ts';
import { openCertificates } from './certificates.ts';

const dayMs = 24 * 3_600_000;

async function open(t: ExecutionContext) {
  const dataDir = await mkdtemp(join(tmpdir(), 'skiff-certificates-'));
  const clock = createFakeClock();
  let advertiseAddress = '192.0.2.1';
  const options = {
    dataDir,
    bindAddress: '0.0.0.0',
    securePort: 6443,
    get advertiseAddress() {
      return advertiseAddress;
    },
  };
  const certificates = await openCertificates(options, { clock, log: createSilentLog() });
  const end = new AbortController();
  const stopped = certificates.run(end.signal).catch(() => {});
  t.teardown(async () => {
    end.abort();
    await stopped;
    await rm(dataDir, { recursive: true });
  });
  /** Lets it look, and settles when it has seen a change. */
  const seen = async (afterMs: number) => {
    let hasChanged = false;
    certificates.onChange(() => {
      hasChanged = true;
    });
    await clock.advance(afterMs);
    while (!hasChanged) {
      await new Promise((resolve) => setImmediate(resolve)); // it reads files, and a child makes certificates
      await clock.advance(10);
    }
    return certificates.current();
  };
  const move = (address: string) => {
    advertiseAddress = address;
  };
  return { dataDir, clock, certificates, seen, move };
}

test('openCertificates() takes a file into use that somebody replaced', async (t) => {
  const { dataDir, clock, certificates, seen } = await open(t);
  const before = certificates.current();
  const names = new X509Certificate(before.apiserver.cert)
    .subjectAltName!.split(', ')
    .map((name) => name.replace(/^(DNS|IP Address):/, ''));
  const request = { commonName: 'kube-apiserver', usages: ['server'], names } as const;
  const other = await issueCertificate(before.ca, request, clock.now());
  await writePair(join(dataDir, 'pki/apiserver'), other);
  t.is((await seen(10_000)).apiserver.cert, other.cert);
  t.is(certificates.current().kubeletClient.cert, before.kubeletClient.cert);
});

test('openCertificates() issues anew what is near its end, and nothing else', async (t) => {
  const { certificates, seen } = await open(t);
  const before = certificates.current();
  const now = await seen(300 * dayMs);
  t.not(now.apiserver.cert, before.apiserver.cert);
  t.not(now.adminKubeconfig, before.adminKubeconfig);
  t.is(now.ca.cert, before.ca.cert);
});

test('openCertificates() follows an address that changes', async (t) => {
  const { certificates, seen, move } = await open(t);
  move('192.0.2.9');
  const now = await seen(10_000);
  t.is(new X509Certificate(now.apiserver.cert).checkIP('192.0.2.9'), '192.0.2.9');
  t.is(certificates.facts().endpoint, 'https://192.0.2.9:6443');
});
