// The real control plane with a cloud in memory behind it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { nodes, services } from '#lib/api/resources.ts';
import { createClock } from '#lib/clock.ts';
import { hasReason } from '#lib/errors.ts';
import { createSilentLog } from '#lib/log.ts';
import { createInformers } from '../controllers/informers.ts';
import { contextFor } from '../controllers/shared/context.ts';
import { startTestServer, type TestServer } from '../testing.ts';
import { createFakeCloud } from './fake.ts';
import { runCloudNodes } from './nodes.ts';
import { runCloudServices } from './services.ts';

let server: TestServer;
const folder = mkdtempSync(join(tmpdir(), 'skiff-cloud-'));
const machines = join(folder, 'machines.json');
const addresses = [{ type: 'InternalIP', address: '192.0.2.7' }];
writeFileSync(machines, JSON.stringify({ id: 'a1', machines: [{ name: 'gone', addresses, namespace: '/nowhere' }] }));
test.before(async () => {
  server = await startTestServer({ apiOnly: false, cloud: { provider: 'lab', config: machines } });
});
test.after.always(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const context = (name: string) => {
  const { client, signal } = server;
  const [clock, log] = [createClock(), createSilentLog()];
  const informers = createInformers({ client, clock, log }, signal);
  return contextFor(name, { clientFor: () => client, informers, clock, log }, signal);
};

test('a node whose machine vanishes is removed; one that still runs, or is only turned off, is not', async (t) => {
  const { client, signal } = server;
  const cloud = createFakeCloud();
  void runCloudNodes(cloud.provider.instances, context('cloud-nodes'), signal, 20);
  for (const name of ['vm1', 'vm2', 'vm3']) {
    cloud.addMachine(name);
    await client.create(nodes, { metadata: { name }, spec: {}, status: ready('True') } as never, signal);
  }
  await until(async () => (await client.get(nodes, { name: 'vm1' }, signal)).spec.providerID === 'fake://vm1');
  const body = { status: ready('Unknown') };
  for (const name of ['vm1', 'vm2']) {
    await client.patch(nodes, { name }, { type: 'strategic', body }, signal, { subresource: 'status' });
  }
  cloud.stopMachine('vm2');
  cloud.removeMachine('vm1');
  cloud.removeMachine('vm3'); // it says that it is ready: somebody is there
  await until(() => isGone('vm1'));
  await until(async () => {
    const { spec } = await client.get(nodes, { name: 'vm2' }, signal);
    return spec.taints?.some(({ key }) => key === 'node.cloudprovider.kubernetes.io/shutdown') === true;
  });
  t.false(await isGone('vm3'));
});

test('a node that vanishes from the lab is removed by the server itself', async (t) => {
  const { client, signal } = server;
  const spec = { providerID: 'lab://a1/gone' };
  await client.create(nodes, { metadata: { name: 'gone' }, spec, status: ready('Unknown') } as never, signal);
  await until(() => isGone('gone'));
  t.pass();
});

test('a Service of type LoadBalancer gets one, and gives it back', async (t) => {
  const { client, signal } = server;
  const cloud = createFakeCloud();
  void runCloudServices(cloud.provider.loadBalancers, context('cloud-services'), signal);
  const at = { namespace: 'default', name: 'lb' };
  const spec = { type: 'LoadBalancer', selector: { app: 'x' }, ports: [{ port: 80 }] };
  await client.create(services, { metadata: at, spec } as never, signal);
  await until(async () => {
    const { status } = await client.get(services, at, signal);
    return status?.loadBalancer?.ingress?.[0]?.hostname !== undefined;
  });
  await client.patch(services, at, { type: 'merge', body: { spec: { type: 'ClusterIP' } } }, signal);
  await until(async () => {
    const { status, metadata } = await client.get(services, at, signal);
    return (metadata.finalizers ?? []).length === 0 && status?.loadBalancer?.ingress === undefined;
  });
  t.is(await cloud.provider.loadBalancers.status(await client.get(services, at, signal), signal), undefined);
});

function ready(status: string) {
  return { conditions: [{ type: 'Ready', status }] };
}

async function isGone(name: string): Promise<boolean> {
  return await server.client.get(nodes, { name }, server.signal).then(
    () => false,
    (error) => hasReason(error, 'NotFound'),
  );
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1_000; i++) {
    if (await isSo()) return;
    await new Promise((resolve) => setImmediate(resolve));
    await createClock().sleep(20, server.signal);
  }
  throw new Error('It did not come to that');
}
