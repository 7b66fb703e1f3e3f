import test from 'ava';
import type { CertificateSigningRequest } from '#lib/api/types/certificates.v1.ts';
import { cleanedInMs, isPending, isToBeSigned, lifetimeMs } from './plan.ts';

const nowMs = Date.UTC(2026, 0, 1, 12);
const hourMs = 3_600_000;

/** Made two hours ago; each condition came half an hour ago. */
function request(types: readonly string[], certificate?: string): CertificateSigningRequest {
  const at = (ms: number) => new Date(nowMs - ms).toISOString();
  const conditions = types.map((type) => ({ type, status: 'True', lastUpdateTime: at(hourMs / 2) }));
  return {
    metadata: { name: 'r', creationTimestamp: at(2 * hourMs) },
    spec: { request: '', signerName: 'example.com/own' },
    status: { conditions, ...(certificate === undefined ? {} : { certificate }) },
  } as unknown as CertificateSigningRequest;
}

const cleans = test.macro<[readonly string[], string | undefined, number | undefined]>({
  title: (_title, types, certificate, ms) =>
    `cleanedInMs() of a request [${types}]${certificate === undefined ? '' : ' with a certificate'} is ${ms}`,
  exec: (t, types, certificate, ms) => t.is(cleanedInMs(request(types, certificate), nowMs), ms),
});
test(cleans, [], undefined, 22 * hourMs);
test(cleans, ['Approved'], 'PEM', hourMs / 2);
test(cleans, ['Approved'], undefined, undefined); // its signer may take its time
test(cleans, ['Denied'], undefined, hourMs / 2);
test(cleans, ['Approved', 'Failed'], undefined, hourMs / 2);

test('cleanedInMs() is 0 from then on', (t) => {
  t.is(cleanedInMs(request(['Denied']), nowMs + 2 * hourMs), 0);
  t.is(cleanedInMs(request([]), nowMs + 30 * hourMs), 0);
});

test('isPending() and isToBeSigned() go by what was decided, and done', (t) => {
  t.true(isPending(request([])));
  t.false(isPending(request(['Approved'])));
  t.true(isToBeSigned(request(['Approved'])));
  t.false(isToBeSigned(request(['Approved'], 'PEM')));
  t.false(isToBeSigned(request(['Approved', 'Denied'])));
  t.false(isToBeSigned(request([])));
});

test('lifetimeMs() is what was asked, between ten minutes and the longest', (t) => {
  t.is(lifetimeMs(undefined, hourMs), hourMs);
  t.is(lifetimeMs(1_800, hourMs), hourMs / 2);
  t.is(lifetimeMs(60, hourMs), 600_000);
  t.is(lifetimeMs(86_400, hourMs), hourMs);
});
