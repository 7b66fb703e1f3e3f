// Servers that come and go, on a real member of etcd: nobody of those who come is started.
import test from 'ava';
import { createClock } from '#lib/clock.ts';
import { hasReason } from '#lib/errors.ts';
import { createSilentLog } from '#lib/log.ts';
import type { ClusterPki } from '#lib/pki/cluster.ts';
import { startTestEtcd, type TestEtcd } from '../store/etcd/testing.ts';
import { createServersRoute, type ServersOptions } from './serve.ts';

const clock = createClock();
let etcd: TestEtcd;

test.before(async () => {
  etcd = await startTestEtcd(clock);
});
test.after.always(() => etcd?.stop());

const pair = (name: string) => ({ cert: `${name} certificate`, key: `${name} key` });
const pki = {
  ca: pair('ca'),
  frontProxyCa: pair('front'),
  serviceAccount: pair('sa'),
  etcd: { ca: pair('etcd') },
} as unknown as ClusterPki;
const settings = {
  serviceClusterIPRange: '10.96.0.0/12',
  clusterCIDR: '10.244.0.0/16',
  clusterDomain: 'cluster.local',
};

test.serial('a server is taken in without a vote, told all that it needs, and listed as one that joins', async (t) => {
  const asked = { name: 'two', peerUrl: 'https://192.0.2.2:2380' };
  const welcome = await ask('POST', '', asked);
  t.like(welcome, { settings, others: [etcd.url], authorities: { ca: pki.ca, etcdCa: { key: 'etcd key' } } });
  t.regex(welcome.initialCluster, /^default=http:\S+,two=https:\/\/192\.0\.2\.2:2380$|^two=\S+,default=http:\S+$/);
  t.deepEqual((await ask('POST', '', asked)).initialCluster, welcome.initialCluster, 'it may ask again');
  t.like(await ask('GET', ''), [
    { name: '192.0.2.2:2380', state: 'Joining' },
    { name: 'default', state: 'Member', clientUrl: etcd.url },
  ]);
});

test.serial(
  'who would take the name or the place of one that is there is refused, and a second newcomer waits',
  async (t) => {
    const refused = async (name: string, peerUrl: string) => t.throwsAsync(ask('POST', '', { name, peerUrl }));
    t.true(hasReason(await refused('default', 'https://192.0.2.3:2380'), 'Conflict'));
    t.true(hasReason(await refused('three', 'https://192.0.2.3:2380'), 'ServiceUnavailable'), 'one learner at a time');
    t.true(hasReason(await refused('three', 'http://192.0.2.3:2380'), 'BadRequest'));
  },
);

test.serial('one that never came is removed by its address; the last one is not', async (t) => {
  t.like(await ask('DELETE', '/192.0.2.2:2380'), { peerUrl: 'https://192.0.2.2:2380' });
  t.is((await ask('GET', '')).length, 1);
  t.true(hasReason(await t.throwsAsync(ask('DELETE', '/default')), 'Conflict'));
  t.true(hasReason(await t.throwsAsync(ask('DELETE', '/nobody')), 'NotFound'));
  t.true(hasReason(await t.throwsAsync(ask('PUT', '')), 'MethodNotAllowed'));
});

test.serial('a server without etcd takes nobody in', async (t) => {
  t.true(hasReason(await t.throwsAsync(ask('GET', '', undefined, { etcd: undefined })), 'NotFound'));
});

async function ask(method: string, path: string, body?: object, options: Partial<ServersOptions> = {}) {
  const about = { settings, pki: () => pki, clock, log: createSilentLog() };
  const route = createServersRoute({ etcd: { servers: [etcd.url] }, ...about, ...options });
  const answer = await route({
    method,
    path: `/skiff/servers${path}`,
    body: async () => Buffer.from(JSON.stringify(body ?? {})),
    signal: AbortSignal.timeout(60_000),
  });
  return JSON.parse(String(answer.body));
}
