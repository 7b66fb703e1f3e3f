import { readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import type { Service } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { exampleEndpoint, examplePort, exampleService, exampleSlice } from '../example.ts';
import { printRules } from '../print.ts';
import { draining, planChanges } from './changes.ts';
import { compare } from './compare.ts';
import { observe } from './observe.ts';
import { renderChanges } from './render.ts';

const golden = test.macro<[string, readonly Service[], readonly EndpointSlice[], (4 | 6)?]>({
  title: (_title, name) => `printRules() gives the golden servers: ${name}`,
  exec(t, name, services, endpointSlices, family = 4) {
    const is4 = family === 4;
    const text = printRules({
      mode: 'ipvs',
      family,
      nodeName: 'node-1',
      serviceCidrs: [is4 ? '10.96.0.0/12' : 'fd00:96::/112'],
      clusterCidr: is4 ? '10.244.0.0/16' : 'fd00:244::/48',
      podCidr: is4 ? '10.244.0.0/24' : 'fd00:244::/64',
      nodeIps: [is4 ? '172.18.0.2' : 'fd00:18::2'],
      nodePortIps: [is4 ? '172.18.0.2' : 'fd00:18::2'],
      ownAddresses: ['10.96.0.10'],
      services,
      endpointSlices,
    });
    const file = new URL(`../testdata/ipvs-${name}.txt`, import.meta.url);
    if (process.env['UPDATE']) writeFileSync(file, text);
    t.is(text, readFileSync(file, 'utf8'));
  },
});
const two = [exampleSlice('web', [exampleEndpoint('10.244.0.5', 'node-1'), exampleEndpoint('10.244.1.6')])];
const ports = [examplePort({ nodePort: 30080 })];

test(golden, 'cluster-ip', [exampleService('web'), exampleService('dns', { clusterIP: '10.96.0.10' })], two);
test(golden, 'no-endpoints', [exampleService('web', { type: 'NodePort', ports })], []);
test(golden, 'node-port', [exampleService('web', { type: 'NodePort', ports, externalIPs: ['192.0.2.9'] })], two);
test(
  golden,
  'load-balancer-local',
  [
    exampleService(
      'web',
      {
        type: 'LoadBalancer',
        ports,
        externalTrafficPolicy: 'Local',
        healthCheckNodePort: 30090,
        loadBalancerSourceRanges: ['198.51.100.7/24', '203.0.113.9/32'],
        sessionAffinity: 'ClientIP',
      },
      { status: { loadBalancer: { ingress: [{ ip: '192.0.2.7' }] } } },
    ),
  ],
  two,
);
test(
  golden,
  'ipv6',
  [exampleService('web', { clusterIP: 'fd00:96::1', type: 'NodePort', ports })],
  [exampleSlice('web', [exampleEndpoint('fd00:244::5')], { addressType: 'IPv6' })],
  6,
);

const server = 'server tcp 10.96.1.1:80';
const real = 'real tcp 10.96.1.1:80 10.244.0.5:8080';

test('planChanges() lets a real server run dry, unless all goes', (t) => {
  const there = new Map([
    [server, '-s rr'],
    [real, '-m -w 1'],
  ]);
  const changes = planChanges(there.keys(), (id) => (id === server ? '-s rr' : undefined), there);
  t.deepEqual(changes, [{ id: real, text: draining, isThere: true }]);
  t.is(renderChanges(changes, 4).servers, '-e -t 10.96.1.1:80 -r 10.244.0.5:8080 -m -w 0\n');
  t.is(
    renderChanges(
      planChanges(there.keys(), () => undefined, there),
      4,
    ).servers,
    '-D -t 10.96.1.1:80\n',
  );
  const dry = new Map([...there, [real, draining]]);
  t.deepEqual(
    planChanges(dry.keys(), (id) => (id === server ? '-s rr' : undefined), dry),
    [],
  );
});

const head = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
`;

test('compare() finds who is listed and has no connection left', async (t) => {
  const list = (active: number) => `${head}TCP  0A600101:0050 rr 
  -> 0AF40005:1F90      Masq    0      ${active}          0         
`;
  const there = new Map([[real, draining]]);
  const dry = async (listed: string) => (await compare(there, { listed, addresses: [] }, 4)).dry;
  t.deepEqual(await dry(list(1)), []);
  t.deepEqual(await dry(''), []);
  t.deepEqual(await dry(list(0)), [real]);
});

const isListed = test.macro<[string, readonly string[], boolean, (4 | 6)?]>({
  title: (_title, what) => `compare() ${what}`,
  async exec(t, _what, ids, is, family = 4) {
    const list = `${head}TCP  0A600101:0050 rr persistent 15000 FFFFFFFF
  -> 0AF40005:1F90      Masq    1      0          2         
SCTP 0A600101:0050 rr 
TCP  [fd00:0096:0000:0000:0000:0000:0000:0001]:0050 rr 
  -> [fd00:0244:0000:0000:0000:0000:0000:0005]:1F90      Masq    1      0          0         
`;
    const known = new Map(ids.map((id) => [id, '']));
    const { missing } = await compare(known, { listed: list, addresses: ['10.96.1.1'] }, family);
    t.is(missing.length === 0, is);
  },
});
const six = ['server tcp [fd00:96::1]:80', 'real tcp [fd00:96::1]:80 [fd00:244::5]:8080'];
test(isListed, 'finds all that is there', [server, real, 'server sctp 10.96.1.1:80'], true);
test(isListed, 'finds all of the other family', six, true, 6);
test(isListed, 'knows the families apart', six, false);
test(
  isListed,
  'finds addresses, and does not look for members',
  ['address 10.96.1.1', 'member SKIFF-4-ADDRESSES 10.96.1.1'],
  true,
);
test(isListed, 'misses an address', ['address 10.96.1.2'], false);
test(isListed, 'misses a virtual server', [server, 'server tcp 10.96.1.2:80'], false);
test(isListed, 'misses one of another protocol', ['server udp 10.96.1.1:80'], false);
test(isListed, 'misses a real server', [server, 'real tcp 10.96.1.1:80 10.244.0.6:8080'], false);
test(isListed, 'misses a real server of another one', ['real sctp 10.96.1.1:80 10.244.0.5:8080'], false);

test('observe() reads what ipvsadm, ipset and ip print, and leaves what is of others', (t) => {
  const servers = `-A -t 10.96.1.1:80 -s rr -p 60
-a -t 10.96.1.1:80 -r 10.244.0.5:8080 -m -w 1
-A -u 172.18.0.2:30080 -s rr
-A -t 203.0.113.5:443 -s wlc
-a -t 203.0.113.5:443 -r 203.0.113.6:443 -g -w 1
-A -t [fd00:96::1]:80 -s rr
`;
  const sets = `create SKIFF-4-CLUSTER-IP hash:ip,port family inet hashsize 1024 maxelem 1048576
add SKIFF-4-CLUSTER-IP 10.96.1.1,tcp:80
create other hash:ip family inet
add other 10.0.0.1
`;
  const found = observe({ servers, sets, addresses: ['10.96.1.1', 'fd00:96::1'] }, 4, (_id, port) => port >= 30_000);
  t.deepEqual(Object.fromEntries(found), {
    'address 10.96.1.1': '',
    'member SKIFF-4-CLUSTER-IP 10.96.1.1,tcp:80': '',
    [server]: '-s rr -p 60',
    [real]: '-m -w 1',
    'server udp 172.18.0.2:30080': '-s rr',
  });
});
