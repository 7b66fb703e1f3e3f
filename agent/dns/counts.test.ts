import test from 'ava';
import { createMetrics } from '#lib/metrics.ts';
import { countAnswers } from './counts.ts';
import { types } from './message.ts';

test('countAnswers() counts by protocol, type and code; types that nobody knows together', (t) => {
  const metrics = createMetrics();
  const count = countAnswers(metrics);
  count(types.A, 0, false);
  count(types.A, 0, false);
  count(types.ANY, 16, true);
  count(65_280, 3, false);
  count(65_535, 3, false);
  const lines = metrics
    .render()
    .split('\n')
    .filter((line) => line.startsWith('skiff_dns'));
  t.deepEqual(lines, [
    'skiff_dns_responses_total{proto="udp",type="A",rcode="0"} 2',
    'skiff_dns_responses_total{proto="tcp",type="ANY",rcode="16"} 1',
    'skiff_dns_responses_total{proto="udp",type="other",rcode="3"} 2',
  ]);
});
