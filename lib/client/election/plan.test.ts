import test from 'ava';
import { planLease, planRelease } from './plan.ts';

const nowMs = Date.UTC(2026, 0, 1);
const time = '2026-01-01T00:00:00.000000Z';
const before = '2025-12-31T23:59:50.000000Z';
const me = { identity: 'me', leaseMs: 15_000, nowMs };
const theirs = {
  holderIdentity: 'other',
  leaseDurationSeconds: 15,
  acquireTime: before,
  renewTime: before,
  leaseTransitions: 3,
};

test('planLease() takes a Lease that is not there', (t) => {
  const expected = { holderIdentity: 'me', leaseDurationSeconds: 15, acquireTime: time, renewTime: time };
  t.deepEqual(planLease(undefined, me), { ...expected, leaseTransitions: 0 });
});

test('planLease() leaves alone what another one holds', (t) => {
  t.is(planLease({ spec: theirs, atMs: nowMs - 14_999 }, me), undefined);
});

test('planLease() goes by when it saw the Lease change, not by the clock of who wrote it', (t) => {
  const old = { ...theirs, renewTime: '2020-01-01T00:00:00.000000Z' };
  t.is(planLease({ spec: old, atMs: nowMs - 1_000 }, me), undefined);
});

test('planLease() takes over what was not renewed, and counts', (t) => {
  const spec = planLease({ spec: theirs, atMs: nowMs - 15_000 }, me);
  t.like(spec, { holderIdentity: 'me', acquireTime: time, renewTime: time, leaseTransitions: 4 });
});

test('planLease() takes at once what was given back', (t) => {
  t.like(planLease({ spec: planRelease(theirs, nowMs), atMs: nowMs }, me), {
    holderIdentity: 'me',
    leaseTransitions: 4,
  });
});

test('planLease() renews what it holds', (t) => {
  const spec = planLease({ spec: { ...theirs, holderIdentity: 'me' }, atMs: nowMs }, me);
  t.like(spec, { holderIdentity: 'me', acquireTime: before, renewTime: time, leaseTransitions: 3 });
});
