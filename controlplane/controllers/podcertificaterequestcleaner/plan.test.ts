import test from 'ava';
import { staysMs } from './plan.ts';

test('staysMs() gives a request a quarter of an hour', (t) => {
  const request = { metadata: { name: 'a', creationTimestamp: '2026-01-01T12:00:00Z' } };
  t.is(staysMs(request, Date.UTC(2026, 0, 1, 12, 5)), 600_000);
  t.is(staysMs(request, Date.UTC(2026, 0, 1, 12, 15)), 0);
});
