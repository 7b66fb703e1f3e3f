import test from 'ava';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { createFakeClock } from '#lib/clock.ts';
import { ReasonError } from '#lib/errors.ts';
import { createSilentLog } from '#lib/log.ts';
import { createTokens, refreshAtMs } from './tokens.ts';

const hourMs = 3_600_000;
const pod = {
  metadata: { name: 'web-0', namespace: 'shop', uid: 'u-1' },
  spec: { containers: [] },
  status: {},
} as unknown as Pod;
const { signal } = new AbortController();
const wish = { audience: 'vault', expirationSeconds: 3600 };

test('refreshAtMs() is at 80 % of a short life', (t) => t.is(refreshAtMs(hourMs, hourMs, 0), 0.8 * hourMs));
test('refreshAtMs() is after a day of a long one, less the jitter', (t) => {
  t.is(refreshAtMs(100 * hourMs, 100 * hourMs, 5_000), 24 * hourMs - 5_000);
});

test('createTokens() asks once, again in time, and keeps the old one over a failure', async (t) => {
  const clock = createFakeClock();
  const asked: unknown[] = [];
  let failure: Error | undefined;
  const client = {
    async raw(method: string, path: string, _signal: AbortSignal, body: { spec: object }) {
      asked.push([method, path, body.spec]);
      if (failure) throw failure;
      const expirationTimestamp = new Date(clock.now() + hourMs).toISOString();
      return { spec: { expirationSeconds: 3600 }, status: { token: `token ${asked.length}`, expirationTimestamp } };
    },
  } as unknown as Client;
  const tokens = createTokens({ client, clock, log: createSilentLog(), random: () => 0 });
  const get = async () => (await tokens.get(pod, wish, signal)).token;

  t.is(await get(), 'token 1');
  t.deepEqual(asked, [
    [
      'POST',
      '/api/v1/namespaces/shop/serviceaccounts/default/token',
      {
        audiences: ['vault'],
        expirationSeconds: 3600,
        boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'web-0', uid: 'u-1' },
      },
    ],
  ]);
  await clock.advance(0.79 * hourMs);
  t.is(await get(), 'token 1');
  await clock.advance(0.02 * hourMs);
  failure = new ReasonError('ServiceUnavailable', 'away');
  t.is(await get(), 'token 1');
  failure = undefined;
  t.is(await get(), 'token 3');
  failure = new ReasonError('NotFound', 'the account is gone');
  await clock.advance(1.1 * hourMs);
  await t.throwsAsync(get, { message: 'the account is gone' });
});
