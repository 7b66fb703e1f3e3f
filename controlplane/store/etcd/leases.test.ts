import test from 'ava';
import { createFakeClock } from '#lib/clock.ts';
import { createLeases } from './leases.ts';

const never = new AbortController().signal;

test('of() shares a lease for a minute or a twentieth of its time, which it then lasts longer', async (t) => {
  const clock = createFakeClock();
  const granted: number[] = [];
  const leases = createLeases(async (ttl) => `lease-${granted.push(ttl)}`, clock);
  t.is(await leases.of(3_600, never), 'lease-1');
  await clock.advance(59_000);
  t.is(await leases.of(3_600, never), 'lease-1');
  await clock.advance(2_000);
  t.is(await leases.of(3_600, never), 'lease-2');
  t.is(await leases.of(15, never), 'lease-3');
  t.is(await leases.of(15, never), 'lease-4', 'too short to be shared');
  t.deepEqual(granted, [3_660, 3_660, 15, 15]);
});

test('of() gives a thousand keys one lease, and the next another', async (t) => {
  let count = 0;
  const leases = createLeases(async () => `lease-${++count}`, createFakeClock());
  for (let i = 0; i < 1_000; i++) t.is(await leases.of(3_600, never), 'lease-1');
  t.is(await leases.of(3_600, never), 'lease-2');
});

test('of() asks again for a lease that was not granted', async (t) => {
  let count = 0;
  const grant = async () => {
    if (++count === 1) throw new Error('no leader');
    return 'lease';
  };
  const leases = createLeases(grant, createFakeClock());
  await t.throwsAsync(leases.of(3_600, never), { message: 'no leader' });
  t.is(await leases.of(3_600, never), 'lease');
});
