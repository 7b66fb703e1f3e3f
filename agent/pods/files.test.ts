import test from 'ava';
import { dnsConfigOf, parseResolvConf, planDns } from './dns-config.ts';
import { examplePod } from './example.ts';
import { hostnameOf, kernelName } from './hostname.ts';
import { renderHosts } from './hosts-file.ts';

const node = { servers: ['192.0.2.1'], searches: ['corp.example'], options: ['timeout:1'] };
const facts = { clusterDns: ['10.96.0.10'], clusterDomain: 'cluster.local', node };
const cluster = {
  servers: ['10.96.0.10'],
  searches: ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'corp.example'],
  options: ['ndots:5'],
};

test('dnsConfigOf() sends pods to cluster DNS', (t) => {
  t.deepEqual(dnsConfigOf(examplePod({ dnsPolicy: 'ClusterFirst' }), facts), cluster);
  t.deepEqual(dnsConfigOf(examplePod({ dnsPolicy: 'ClusterFirstWithHostNet', hostNetwork: true }), facts), cluster);
});

test('dnsConfigOf() gives pods on the host network, and who asks for it, the node’s own', (t) => {
  t.deepEqual(dnsConfigOf(examplePod({ dnsPolicy: 'ClusterFirst', hostNetwork: true }), facts), node);
  t.deepEqual(dnsConfigOf(examplePod({ dnsPolicy: 'Default' }), facts), node);
});

test('dnsConfigOf() adds what the pod says, and nothing else under None', (t) => {
  const dnsConfig = {
    nameservers: ['1.1.1.1'],
    searches: ['a.b'],
    options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
  };
  const own = { servers: ['1.1.1.1'], searches: ['a.b'], options: ['ndots:2', 'edns0'] };
  t.deepEqual(dnsConfigOf(examplePod({ dnsPolicy: 'None', dnsConfig }), facts), own);
  t.deepEqual(dnsConfigOf(examplePod({ dnsConfig }), facts).options, ['ndots:2', 'edns0']);
});

test('parseResolvConf() reads comments, searches and options', (t) => {
  t.deepEqual(parseResolvConf('# c\nnameserver 1.1.1.1 # x\nnameserver ::1\nsearch a b\noptions ndots:1 edns0\n'), {
    servers: ['1.1.1.1', '::1'],
    searches: ['a', 'b'],
    options: ['ndots:1', 'edns0'],
  });
});

test('hostnameOf() cuts long names and knows subdomains', (t) => {
  const long = examplePod({}, { metadata: { name: `${'a'.repeat(62)}-b`, namespace: 'default' } });
  t.is(hostnameOf(long, 'cluster.local').hostname, 'a'.repeat(62));
  t.deepEqual(hostnameOf(examplePod({ hostname: 'h', subdomain: 's' }), 'cluster.local'), {
    hostname: 'h',
    domain: 'h.s.default.svc.cluster.local',
  });
});

test('renderHosts() names the pod and its aliases', (t) => {
  const name = { hostname: 'h', domain: 'h.s.default.svc.cluster.local' };
  const text = renderHosts({ podIPs: ['10.244.0.5'], name, aliases: [{ ip: '1.2.3.4', hostnames: ['x', 'y'] }] });
  t.true(text.startsWith('# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n'));
  t.true(text.includes('\n10.244.0.5\th.s.default.svc.cluster.local\th\n'));
  t.true(text.endsWith('\n# Entries added by HostAliases.\n1.2.3.4\tx\ty\n'));
});

test('renderHosts() keeps the file of the node on its network', (t) => {
  const text = renderHosts({
    podIPs: [],
    name: { hostname: 'h', domain: '' },
    aliases: [],
    nodeFile: '127.0.0.1 localhost\n',
  });
  t.is(text, '# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost\n');
});

test('planDns() keeps to the limits of resolvers, and tells what it left out', (t) => {
  const searches = Array.from({ length: 40 }, (_, at) => `${'d'.repeat(at === 0 ? 254 : 80)}${at}.example`);
  const dnsConfig = { nameservers: ['1.1.1.1', '1.1.1.2', '1.1.1.3', '1.1.1.1'], searches };
  const { config, warnings } = planDns(examplePod({ dnsConfig }), facts);
  t.deepEqual(config.servers, ['10.96.0.10', '1.1.1.1', '1.1.1.2']);
  t.true(config.searches.join(' ').length <= 2048);
  t.true(config.searches.every(({ length }) => length <= 253));
  t.is(config.searches.length, 25);
  t.deepEqual(
    warnings.map(({ reason, message }) => [reason, message.replace(/ is: .*/, '')]),
    [
      [
        'DNSConfigForming',
        'Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line',
      ],
      [
        'DNSConfigForming',
        'Search Line limits were exceeded, some search paths have been omitted, the applied search line',
      ],
    ],
  );
  t.deepEqual(planDns(examplePod({ dnsConfig: { searches: ['a.b'] } }), facts).warnings, []);
});

test('planDns() falls back to the node where there is no cluster DNS, and looks up nothing where that is off', (t) => {
  const { config, warnings } = planDns(examplePod(), { ...facts, clusterDns: [] });
  t.deepEqual(config, node);
  t.deepEqual(warnings, [
    {
      reason: 'MissingClusterDNS',
      message:
        'pod: "web_default(u1)". kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy. Falling back to "Default" policy.',
    },
  ]);
  const off = planDns(examplePod({ dnsPolicy: 'Default' }), { ...facts, isOff: true }).config;
  t.deepEqual(off, { servers: ['127.0.0.1'], searches: ['.'], options: [] });
});

test('kernelName() refuses a whole name that no kernel takes', (t) => {
  const pod = examplePod({ hostname: 'h'.repeat(40), subdomain: 's', setHostnameAsFQDN: true });
  const name = hostnameOf(pod, 'cluster.local');
  t.throws(() => kernelName(name), {
    message: `failed to construct FQDN from pod hostname and cluster domain, FQDN ${name.domain} is too long (64 characters is the max, 68 characters requested)`,
  });
  t.is(kernelName(hostnameOf(examplePod({ hostname: 'h' }), 'cluster.local')), 'h');
});
