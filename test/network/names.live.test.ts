// Cluster DNS with two families and further resolvers.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { configMaps } from '#lib/api/resources.ts';
import { eventually, testCluster } from '../live/cluster.ts';
import { openWeb, type Web } from './web.ts';

let web: Web;
test.before(async () => {
  web = await openWeb('names');
});
test.after.always(() => web?.close());

const signal = () => AbortSignal.timeout(60_000);
const all = [0, 1, 2] as const;

test('names have addresses of both families', async (t) => {
  const service = await web.service('named', { selector: { app: 'web-1' }, ipFamilyPolicy: 'RequireDualStack' });
  const name = `named.${web.namespace}.svc.${testCluster().layout.clusterDomain}`;
  const said = await eventually('both', async () => {
    const text = await web.shell('client-2', `nslookup ${name} 2>&1 || true`);
    return service.spec.clusterIPs!.every((ip) => text.includes(ip)) && text;
  });
  t.truthy(said);
});

test('names of a stub domain are asked of its own resolver', async (t) => {
  const { switchNamespace, segments } = testCluster().layout;
  const address = segments[0]!.gateways[0]!.split('/')[0]!;
  const words = ['netns', 'exec', switchNamespace, process.execPath, '-e', resolver, address];
  const server = spawn('ip', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const at = { namespace: 'kube-system', name: 'kube-dns' };
  try {
    await once(server.stdout, 'data');
    const data = { stubDomains: JSON.stringify({ 'stub.test': [`${address}:5353`] }) };
    await web.client.create(configMaps, { metadata: at, data }, signal());
    for (const index of all) {
      await eventually(`the stub domain on node ${index + 1}`, async () =>
        (await web.shell(`client-${index + 1}`, 'nslookup www.stub.test 2>&1 || true')).includes('192.0.2.53'),
      );
    }
    t.notRegex(await web.shell('client-1', 'nslookup www.other.test 2>&1 || true'), /192\.0\.2\.53/);
  } finally {
    await web.client.delete(configMaps, at, signal());
    server.kill('SIGKILL');
  }
});
/** Says 192.0.2.53 to whatever it is asked. */
const resolver = `const s = require('dgram').createSocket('udp4');
s.on('message', (m, p) => { let e = 12; while (m[e]) e += m[e] + 1; const h = Buffer.from(m.subarray(0, e + 5));
h.set([0x81, 0x80], 2); h.set([0, 1, 0, 0, 0, 0], 6);
s.send(Buffer.concat([h, Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 53])]), p.port, p.address); });
s.bind(5353, process.argv[1], () => console.log('up'));`;
