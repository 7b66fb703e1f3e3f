import test from 'ava';
import type { PodCertificateRequest } from '#lib/api/types/certificates.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { createFakeClock } from '#lib/clock.ts';
import { ReasonError } from '#lib/errors.ts';
import { createSilentLog } from '#lib/log.ts';
import { examplePod } from '../pods/example.ts';
import { createPodCertificates } from './pod-certificates.ts';

const hourMs = 3600_000;
const { signal } = new AbortController();
const wish = { signerName: 'example.com/signer', keyType: 'ECDSAP256' };

/** A signer that answers each request at once, as `answer` says. */
function setUp() {
  const clock = createFakeClock(Date.parse('2026-01-01T00:00:00Z'));
  const keys: string[] = [];
  let failure: Error | undefined;
  const at = (ms: number) => new Date(clock.now() + ms).toISOString();
  const client = {
    async get(_resource: unknown, { name }: { name: string }) {
      if (failure !== undefined) throw failure;
      const times = { notBefore: at(0), beginRefreshAt: at(hourMs), notAfter: at(2 * hourMs) };
      return { metadata: { name, uid: 'uid' }, status: { certificateChain: `chain of ${name}`, ...times } };
    },
    async create(_resource: unknown, { spec }: PodCertificateRequest) {
      keys.push(spec.stubPKCS10Request);
      return { metadata: { name: `request-${keys.length}` } };
    },
  } as unknown as Client;
  const certificates = createPodCertificates({
    client,
    nodeName: 'node-1',
    nodeUid: () => 'node-uid',
    clock,
    log: createSilentLog(),
    random: () => 0,
  });
  const get = () => certificates.get(examplePod(), wish, signal);
  return { clock, keys, certificates, get, fail: (error: Error | undefined) => (failure = error) };
}

test('get() asks anew, with another key, once the signer says that it is time', async (t) => {
  const { clock, keys, get } = setUp();
  const first = await get();
  t.is(first.chain, 'chain of request-1');
  await clock.advance(hourMs - 1);
  t.is(await get(), first);
  await clock.advance(1);
  const second = await get();
  t.is(second.chain, 'chain of request-2');
  t.not(second.key, first.key);
  t.is(new Set(keys).size, 2);
});

test('get() keeps the old one while no new one is to be had, and no longer than it is valid', async (t) => {
  const { clock, get, fail } = setUp();
  const first = await get();
  await clock.advance(hourMs);
  fail(new ReasonError('ServiceUnavailable', 'nobody answers'));
  t.like(await get(), { chain: first.chain, key: first.key, refreshAtMs: clock.now() + 60_000 });
  await clock.advance(hourMs);
  await t.throwsAsync(get(), { message: /nobody answers/ });
  fail(undefined);
  t.is((await get()).chain, 'chain of request-2');
});

test('drop() forgets what a pod had', async (t) => {
  const { certificates, get } = setUp();
  await get();
  certificates.drop(examplePod().metadata.uid ?? '');
  t.is((await get()).chain, 'chain of request-2');
});
