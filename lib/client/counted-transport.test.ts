import test from 'ava';
import { createMetrics } from '#lib/metrics.ts';
import { countedTransport } from './counted-transport.ts';
import type { Transport } from './transport.ts';

test('countedTransport() counts answers by their codes, and requests that have none', async (t) => {
  const metrics = createMetrics();
  const { signal } = new AbortController();
  let ms = 0;
  const server: Transport = {
    async request({ path }) {
      if (path === '/away') throw new Error('away');
      return { status: path === '/none' ? 404 : 200, headers: {}, body: (async function* () {})() };
    },
  };
  const transport = countedTransport(server, 'a:6443', metrics, () => (ms += 10));
  const get = (path: string) => transport.request({ method: 'GET', path, headers: {} }, signal);
  for (const path of ['/a', '/b', '/none']) await get(path);
  await t.throwsAsync(get('/away'), { message: 'away' });
  const lines = metrics.render().match(/^rest_client_requests_total\{.*$/gm);
  t.deepEqual(lines, [
    'rest_client_requests_total{code="200",method="GET",host="a:6443"} 2',
    'rest_client_requests_total{code="404",method="GET",host="a:6443"} 1',
    'rest_client_requests_total{code="<error>",method="GET",host="a:6443"} 1',
  ]);
  t.regex(metrics.render(), /^rest_client_request_duration_seconds_sum\{verb="GET",host="a:6443"\} 0\.04$/m);
});
