import test from 'ava';
import { createMetrics } from '#lib/metrics.ts';
import { countAnswers } from './counts.ts';
import { types } from './message.ts';

test('countAnswers() counts by protocol, type, code and source; types that nobody knows together', (t) => {
  const metrics = createMetrics();
  const count = countAnswers(metrics, { address: '10.96.0.10', domain: 'cluster.local' });
  count(types.A, 0, false, 'own');
  count(types.A, 0, false, 'own');
  count(types.A, 3, false, 'own');
  count(types.ANY, 16, true, 'own');
  count(65_280, 3, false, 'kept');
  count(65_535, 3, false, 'kept');
  count(types.A, 0, false, 'kept');
  count(types.A, 2, false, 'asked');
  const lines = metrics
    .render()
    .split('\n')
    .filter((line) => line.startsWith('coredns'));
  const [own, other] = ['server="dns://:53",zone="cluster.local.",view=""', 'server="dns://:53",zone=".",view=""'];
  t.deepEqual(lines, [
    `coredns_dns_requests_total{${own},proto="udp",family="1",type="A"} 3`,
    `coredns_dns_requests_total{${own},proto="tcp",family="1",type="ANY"} 1`,
    `coredns_dns_requests_total{${other},proto="udp",family="1",type="other"} 2`,
    `coredns_dns_requests_total{${other},proto="udp",family="1",type="A"} 2`,
    `coredns_dns_responses_total{${own},rcode="NOERROR",plugin="kubernetes"} 2`,
    `coredns_dns_responses_total{${own},rcode="NXDOMAIN",plugin="kubernetes"} 1`,
    `coredns_dns_responses_total{${own},rcode="BADVERS",plugin="kubernetes"} 1`,
    `coredns_dns_responses_total{${other},rcode="NXDOMAIN",plugin="cache"} 2`,
    `coredns_dns_responses_total{${other},rcode="NOERROR",plugin="cache"} 1`,
    `coredns_dns_responses_total{${other},rcode="SERVFAIL",plugin="forward"} 1`,
    'coredns_cache_requests_total{server="dns://:53",zones=".",view=""} 4',
    'coredns_cache_hits_total{server="dns://:53",type="denial",zones=".",view=""} 2',
    'coredns_cache_hits_total{server="dns://:53",type="success",zones=".",view=""} 1',
  ]);
});
