import test from 'ava';
import { parseCidr } from '#lib/ip.ts';
import { exampleEndpoint, examplePort, exampleService, exampleSlice } from '../proxy/example.ts';
import { type Decision, decide } from './answer.ts';
import { type DnsRecord, types } from './message.ts';
import { ZoneIndex } from './zone.ts';

const zone = new ZoneIndex();
const web = exampleService('web', {
  clusterIPs: ['10.96.1.1', 'fd00:96::1'],
  ports: [examplePort(), examplePort({ name: 'dns', protocol: 'UDP', port: 53 })],
});
zone.put('default/web', { service: web, slices: [] });
zone.put('default/ext', {
  service: exampleService('ext', { type: 'ExternalName', externalName: 'Example.ORG.' }),
  slices: [],
});
zone.put('default/db', {
  service: exampleService('db', { clusterIP: 'None' }),
  slices: [
    exampleSlice('db', [
      exampleEndpoint('10.244.0.5', 'node-1', { hostname: 'db-0' }),
      exampleEndpoint('10.244.1.6'),
      exampleEndpoint('10.244.1.7', 'node-2', { hostname: 'db-1', conditions: { ready: false } }),
    ]),
    exampleSlice('db', [exampleEndpoint('fd00:244::5', 'node-1', { hostname: 'db-0' })], {
      name: 'db-6',
      addressType: 'IPv6',
    }),
  ],
});
zone.put('default/empty', {
  service: exampleService('empty', { clusterIP: 'None' }),
  slices: [exampleSlice('empty', [exampleEndpoint('10.244.1.9', 'node-2', { conditions: { ready: false } })])],
});
zone.put('default/looks', {
  service: exampleService('looks', { type: 'ExternalName', externalName: '192.0.2.7' }),
  slices: [],
});
zone.put('default/none-yet', { service: exampleService('none-yet', { clusterIP: '' }), slices: [] });
const facts = {
  domain: 'cluster.local',
  zone,
  ownRanges: ['10.244.0.0/16', '10.96.0.0/12', 'fd00:96::/112'].map((range) => parseCidr(range)!),
  address: '10.96.0.10',
};

/** 'NXDOMAIN', 'NODATA', 'forward', or the records as text, additional ones behind '+'. */
function shown(decision: Decision): string {
  if (decision.do === 'forward') return 'forward';
  if (decision.do === 'follow') return `${textOf(decision.alias)} > ${decision.target}`;
  const { rcode, answers, authorities, additionals, isAuthoritative } = decision.answer;
  if (rcode === 5) return 'REFUSED';
  if (!isAuthoritative) return 'not authoritative';
  if (answers.length === 0 && authorities[0]?.type !== 'SOA') return 'no SOA';
  if (rcode === 3) return 'NXDOMAIN';
  if (answers.length === 0) return 'NODATA';
  return [answers.map(textOf).join(', '), ...additionals.map(textOf)].join(' + ');
}

function textOf(record: DnsRecord): string {
  if (record.type === 'A' || record.type === 'AAAA') return `${record.type} ${record.address}`;
  if (record.type === 'SRV') return `SRV ${record.weight} ${record.port} ${record.target}`;
  if (record.type === 'CNAME' || record.type === 'PTR' || record.type === 'NS')
    return `${record.type} ${record.target}`;
  return record.type === 'TXT' ? `TXT ${record.text}` : record.type;
}

const answers = test.macro<[keyof typeof types, string, string]>({
  title: (_title, type, name, expected) => `decide() answers ${type} ${name} by ${expected}`,
  exec: (t, type, name, expected) => {
    t.is(shown(decide({ name, type: types[type] }, facts)), expected);
  },
});
const svc = 'svc.cluster.local';

test(answers, 'A', `web.default.${svc}`, 'A 10.96.1.1');
test(answers, 'AAAA', `web.default.${svc}`, 'AAAA fd00:96::1');
test(answers, 'TXT', `web.default.${svc}`, 'NODATA');
test(answers, 'A', `nope.default.${svc}`, 'NXDOMAIN');
test(answers, 'A', `none-yet.default.${svc}`, 'NXDOMAIN');
test(answers, 'A', `web.elsewhere.${svc}`, 'NXDOMAIN');
test(answers, 'A', `x.web.default.${svc}`, 'NXDOMAIN');
test(answers, 'A', `default.${svc}`, 'NODATA');
test(answers, 'A', `elsewhere.${svc}`, 'NXDOMAIN');
test(answers, 'A', svc, 'NODATA');
test(answers, 'A', 'cluster.local', 'NODATA');
test(answers, 'SOA', 'cluster.local', 'SOA');
test(answers, 'NS', 'cluster.local', 'NS ns.dns.cluster.local');
test(answers, 'A', 'ns.dns.cluster.local', 'A 10.96.0.10');
test(answers, 'A', 'dns.cluster.local', 'NODATA');
test(answers, 'A', 'x.dns.cluster.local', 'NXDOMAIN');
test(answers, 'TXT', 'dns-version.cluster.local', 'TXT 1.1.0');
test(answers, 'A', 'dns-version.cluster.local', 'NODATA');
test(answers, 'A', 'example.com.default.svc.cluster.local', 'NXDOMAIN');
test(answers, 'A', 'example.com.cluster.local', 'NXDOMAIN');
test(answers, 'ANY', `web.default.${svc}`, 'HINFO');
test(answers, 'ANY', `nope.default.${svc}`, 'NXDOMAIN');
test(answers, 'ANY', `ext.default.${svc}`, 'CNAME example.org > example.org');
test(answers, 'ANY', '1.1.96.10.in-addr.arpa', 'HINFO');
test(answers, 'AXFR', 'cluster.local', 'REFUSED');

test(answers, 'SRV', `_http._tcp.web.default.${svc}`, `SRV 100 80 web.default.${svc} + A 10.96.1.1 + AAAA fd00:96::1`);
test(answers, 'SRV', `_dns._udp.web.default.${svc}`, `SRV 100 53 web.default.${svc} + A 10.96.1.1 + AAAA fd00:96::1`);
test(answers, 'SRV', `_dns._tcp.web.default.${svc}`, 'NXDOMAIN');
test(answers, 'A', `_http._tcp.web.default.${svc}`, 'NODATA');
test(answers, 'A', `_tcp.web.default.${svc}`, 'NODATA');
test(answers, 'A', `_sctp.web.default.${svc}`, 'NXDOMAIN');

test(answers, 'A', `db.default.${svc}`, 'A 10.244.0.5, A 10.244.1.6');
test(answers, 'AAAA', `db.default.${svc}`, 'AAAA fd00:244::5');
test(answers, 'A', `db-0.db.default.${svc}`, 'A 10.244.0.5');
test(answers, 'A', `db-1.db.default.${svc}`, 'NXDOMAIN');
test(answers, 'A', `10-244-1-6.db.default.${svc}`, 'A 10.244.1.6');
test(answers, 'A', `x.db-0.db.default.${svc}`, 'NXDOMAIN');
test(
  answers,
  'SRV',
  `_http._tcp.db.default.${svc}`,
  `SRV 50 8080 db-0.db.default.${svc}, SRV 50 8080 10-244-1-6.db.default.${svc} + A 10.244.0.5 + AAAA fd00:244::5 + A 10.244.1.6`,
);

test(answers, 'A', `empty.default.${svc}`, 'NXDOMAIN');
test(answers, 'SRV', `_http._tcp.empty.default.${svc}`, 'NXDOMAIN');
test(answers, 'A', `looks.default.${svc}`, 'NXDOMAIN');

test(answers, 'A', `ext.default.${svc}`, 'CNAME example.org > example.org');
test(answers, 'CNAME', `ext.default.${svc}`, 'CNAME example.org > example.org');
test(answers, 'A', `x.ext.default.${svc}`, 'NXDOMAIN');

test(answers, 'A', '1-2-3-4.default.pod.cluster.local', 'A 1.2.3.4');
test(answers, 'AAAA', '1-2-3-4.default.pod.cluster.local', 'NODATA');
test(answers, 'AAAA', 'fd00--1.default.pod.cluster.local', 'AAAA fd00::1');
test(answers, 'A', '1-2-3-400.default.pod.cluster.local', 'NXDOMAIN');
test(answers, 'A', 'x.default.pod.cluster.local', 'NXDOMAIN');

test(answers, 'PTR', '1.1.96.10.in-addr.arpa', `PTR web.default.${svc}`);
test(answers, 'A', '1.1.96.10.in-addr.arpa', 'NODATA');
test(answers, 'PTR', '5.0.244.10.in-addr.arpa', `PTR db-0.db.default.${svc}`);
test(answers, 'PTR', '9.9.244.10.in-addr.arpa', 'NXDOMAIN');
test(answers, 'PTR', '8.8.8.8.in-addr.arpa', 'forward');
test(
  answers,
  'PTR',
  '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.0.d.f.ip6.arpa',
  `PTR web.default.${svc}`,
);
test(answers, 'PTR', 'in-addr.arpa', 'forward');
test(answers, 'PTR', '10.in-addr.arpa', 'forward');
test(answers, 'NS', '96.10.in-addr.arpa', 'NODATA');
test(answers, 'NS', '0.244.10.in-addr.arpa', 'NODATA');
test(answers, 'NS', '8.8.8.in-addr.arpa', 'forward');
test(answers, 'NS', '1.0.0.0.0.in-addr.arpa', 'forward');
test(answers, 'NS', '0.0.0.0.6.9.0.0.0.0.d.f.ip6.arpa', 'forward');
test(answers, 'NS', '0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.0.d.f.ip6.arpa', 'NODATA');

test(answers, 'A', 'example.org', 'forward');
test(answers, 'A', 'notcluster.local', 'forward');
test(answers, 'A', '', 'forward');

test('ZoneIndex forgets what has gone, and nothing else', (t) => {
  const index = new ZoneIndex();
  const ask = (name: string, type: number = types.A) => shown(decide({ name, type }, { ...facts, zone: index }));
  index.put('default/web', { service: web, slices: [] });
  index.put('default/db', {
    service: exampleService('db', { clusterIP: 'None' }),
    slices: [exampleSlice('db', [exampleEndpoint('10.96.1.1')])],
  });
  t.is(ask('1.1.96.10.in-addr.arpa', types.PTR), `PTR web.default.${svc}, PTR 10-96-1-1.db.default.${svc}`);
  index.put('default/web', { service: undefined, slices: [] });
  t.is(ask(`web.default.${svc}`), 'NXDOMAIN');
  t.is(ask(`default.${svc}`), 'NODATA');
  t.is(ask('1.1.96.10.in-addr.arpa', types.PTR), `PTR 10-96-1-1.db.default.${svc}`);
  index.put('default/db', { service: undefined, slices: [] });
  t.is(ask(`default.${svc}`), 'NXDOMAIN');
  t.is(ask('1.1.96.10.in-addr.arpa', types.PTR), 'NXDOMAIN');
});
