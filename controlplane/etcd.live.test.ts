// The control plane on real etcd: what lies there, and several servers on one.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { decodeProtobuf } from '#lib/api/protobuf/codec.ts';
import { configMaps, endpointSlices, endpoints, events, services } from '#lib/api/resources.ts';
import { typeOfKind } from '#lib/api/schema.ts';
import { createClock } from '#lib/clock.ts';
import { freePort } from '#lib/free-port.ts';
import { startTestEtcd, type TestEtcd } from './store/etcd/testing.ts';
import { startTestServer, type TestServer } from './testing.ts';

const clock = createClock();
const signal = new AbortController().signal;
let etcd: TestEtcd;
test.before(async () => {
  etcd = await startTestEtcd(clock);
});
test.after.always(() => etcd?.stop());

/** Ends with the test at the latest. */
async function start(t: ExecutionContext, advertiseAddress: string): Promise<TestServer> {
  const options = { etcd: { servers: [etcd.url] }, advertiseAddress, securePort: await freePort() };
  const server = await startTestServer(options);
  let ended: Promise<void> | undefined;
  const close = () => (ended ??= server.close());
  t.teardown(close);
  return { ...server, close };
}

async function etcdctl(...words: readonly string[]): Promise<string> {
  const options = { encoding: 'latin1' as const, env: { ...process.env, ETCDCTL_API: '3' } };
  try {
    return (await promisify(execFile)('etcdctl', ['--endpoints', etcd.url, ...words], options)).stdout;
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error;
    throw new Error('There is no etcdctl: install it with "apt-get install etcd-client"');
  }
}

async function until(isSo: () => Promise<boolean>, mostMs = 60_000): Promise<void> {
  const end = AbortSignal.timeout(mostMs);
  while (!(await isSo())) await clock.sleep(100, end);
}

test.serial('keys and values lie in etcd as upstream lays them out', async (t) => {
  const server = await start(t, '192.0.2.1');
  const { client } = server;
  await client.create(configMaps, { metadata: { name: 'settings', namespace: 'default' }, data: { a: 'b' } }, signal);
  const involved = { involvedObject: { namespace: 'default' }, reportingComponent: '', reportingInstance: '' };
  await client.create(events, { metadata: { name: 'e', namespace: 'default' }, ...involved, reason: 'Tested' }, signal);
  const keys = (await etcdctl('get', '/', '--prefix', '--keys-only')).split('\n').filter((line) => line !== '');
  for (const key of [
    '/registry/configmaps/default/settings',
    '/registry/services/specs/default/kubernetes',
    '/registry/services/endpoints/default/kubernetes',
    '/registry/endpointslices/default/kubernetes',
    '/registry/namespaces/kube-system',
    '/registry/clusterroles/cluster-admin',
    '/registry/apiregistration.k8s.io/apiservices/v1.apps',
    '/registry/masterleases/192.0.2.1',
    '/registry/events/default/e',
  ]) {
    t.true(keys.includes(key), key);
  }
  t.true((await etcdctl('get', '/registry/configmaps/default/settings', '--print-value-only')).startsWith('k8s\0'));
  const json = await etcdctl('get', '/registry/apiregistration.k8s.io/apiservices/v1.apps', '--print-value-only');
  t.is(JSON.parse(json).kind, 'APIService');
  const lease = (await etcdctl('lease', 'list')).trim().split('\n').slice(1);
  const left = await Promise.all(lease.map((id) => etcdctl('lease', 'timetolive', '--keys', id)));
  t.true(left.some((text) => text.includes('TTL(3660s)') && text.includes('/registry/events/default/e')));
  await server.close();
});

test.serial('addresses and node ports of Services lie in etcd as upstream lays them out', async (t) => {
  const server = await start(t, '192.0.2.1');
  const { client } = server;
  const spec = { type: 'NodePort', ports: [{ port: 80, nodePort: 30_005 }] };
  const { spec: made } = await client.create(
    services,
    { metadata: { name: 'np', namespace: 'default' }, spec } as never,
    signal,
  );
  const keys = (await etcdctl('get', '/', '--prefix', '--keys-only')).split('\n');
  for (const key of [
    '/registry/ranges/servicenodeports',
    `/registry/ipaddresses/${made!.clusterIP}`,
    '/registry/ipaddresses/10.96.0.1',
    '/registry/servicecidrs/kubernetes',
  ]) {
    t.true(keys.includes(key), key);
  }
  t.false(keys.includes('/registry/ranges/serviceips')); // addresses have objects since 1.33
  const type = typeOfKind('', 'v1', 'RangeAllocation')!;
  const allocated = async () => {
    const text = await etcdctl('get', '/registry/ranges/servicenodeports', '--print-value-only');
    return decodeProtobuf(Buffer.from(text.slice(0, -1), 'latin1'), type);
  };
  t.like(await allocated(), {
    kind: 'RangeAllocation',
    apiVersion: 'v1',
    range: '30000-32767',
    data: Buffer.from([0x20]).toString('base64'),
  });
  await client.delete(services, { namespace: 'default', name: 'np' }, signal);
  await until(async () => !((await allocated()) as { data?: string }).data);
  await server.close();
});

test.serial('two servers show each other what they write, at once and at the same versions', async (t) => {
  const [a, b] = await Promise.all([start(t, '192.0.2.1'), start(t, '192.0.2.2')]);
  for (let i = 0; i < 20; i++) {
    const made = await a.client.create(configMaps, { metadata: { name: `m${i}`, namespace: 'default' } }, signal);
    const seen = await b.client.get(configMaps, { namespace: 'default', name: `m${i}` }, signal);
    t.is(seen.metadata.resourceVersion, made.metadata.resourceVersion);
    const changed = await b.client.update(configMaps, { ...seen, data: { i: `${i}` } }, signal);
    const back = await a.client.get(configMaps, { namespace: 'default', name: `m${i}` }, signal);
    t.is(back.metadata.resourceVersion, changed.metadata.resourceVersion);
    await t.throwsAsync(a.client.update(configMaps, { ...made, data: { i: 'old' } }, signal), { message: /modified/ });
  }
  await Promise.all([a.close(), b.close()]);
});

test.serial('of many Services made on two servers, no two get one address', async (t) => {
  const [a, b] = await Promise.all([start(t, '192.0.2.1'), start(t, '192.0.2.2')]);
  const make = (server: TestServer, name: string) =>
    server.client.create(
      services,
      { metadata: { name, namespace: 'default' }, spec: { ports: [{ port: 80 }] } },
      signal,
    );
  const made = await Promise.all(Array.from({ length: 40 }, (_, i) => make(i % 2 === 0 ? a : b, `s${i}`)));
  t.is(new Set(made.map(({ spec }) => spec?.clusterIP)).size, 40);
  await Promise.all([a.close(), b.close()]);
});

test.serial('the endpoints of kubernetes are those of the servers that live', async (t) => {
  const [a, b] = await Promise.all([start(t, '192.0.2.1'), start(t, '192.0.2.2')]);
  const where = { namespace: 'default', name: 'kubernetes' };
  const addresses = async () => {
    const { subsets } = await a.client.get(endpoints, where, signal);
    const slice = await a.client.get(endpointSlices, where, signal);
    const plain = subsets?.flatMap((one) => one.addresses?.map(({ ip }) => ip) ?? []).join();
    return plain === slice.endpoints?.flatMap((one) => one.addresses).join() ? plain : undefined;
  };
  await until(async () => (await addresses()) === '192.0.2.1,192.0.2.2');
  await b.close();
  // Not by what a looks at now and then, every ten seconds: what b wrote at its end is there, or what a wrote at that time.
  await t.notThrowsAsync(until(async () => (await addresses()) === '192.0.2.1', 5_000));
  await a.close();
});

test.serial('a server goes on where another one ended', async (t) => {
  const before = await start(t, '192.0.2.1');
  const made = await before.client.create(configMaps, { metadata: { name: 'kept', namespace: 'default' } }, signal);
  await before.close();
  const after = await start(t, '192.0.2.1');
  const kept = await after.client.get(configMaps, { namespace: 'default', name: 'kept' }, signal);
  t.deepEqual(kept, made);
  await after.close();
});
