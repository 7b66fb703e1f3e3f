// Controllers that decide too little for a plan of their own, each alone on the real API server.
import test from 'ava';
import type { KubeObject, Resource } from '#lib/api/resource.ts';
import { configMaps, namespaces, persistentVolumes, secrets, serviceAccounts } from '#lib/api/resources.ts';
import { hasReason } from '#lib/errors.ts';
import { secretOf } from '#lib/join/token.ts';
import { runBootstrapSigner } from './bootstrapsigner/controller.ts';
import { runPvProtection } from './pvprotection/controller.ts';
import { runRootCa } from './rootca/controller.ts';
import { runServiceAccounts } from './serviceaccount/controller.ts';
import { startTestControllers, type TestControllers } from './testing.ts';
import { runTokenCleaner } from './tokencleaner/controller.ts';

let world: TestControllers;
let ca = 'first';
const renewed: (() => void)[] = [];

test.before(async () => {
  world = await startTestControllers();
  const rootCa = { current: () => ca, onChange: (listener: () => void) => void renewed.push(listener) };
  world.start('service-account-controller', runServiceAccounts);
  world.start('root-ca-cert-publisher', (context, signal) => runRootCa(rootCa, context, signal));
  world.start('pv-protection-controller', runPvProtection);
  world.start('token-cleaner', runTokenCleaner);
  world.start('bootstrap-signer', runBootstrapSigner);
});
test.after.always(() => world.close());

async function find<T extends KubeObject>(resource: Resource<T>, name: string, namespace?: string) {
  return await world.client
    .get(resource, namespace === undefined ? { name } : { namespace, name }, world.signal)
    .catch((error) => {
      if (!hasReason(error, 'NotFound')) throw error;
      return undefined;
    });
}

test('a namespace gets its service account, again if it is deleted', async (t) => {
  const { client, signal, until } = world;
  await client.create(namespaces, { metadata: { name: 'accounts' } }, signal);
  const { metadata } = await until(() => find(serviceAccounts, 'default', 'accounts'));
  await client.delete(serviceAccounts, { namespace: 'accounts', name: 'default' }, signal);
  const again = await until(async () => {
    const account = await find(serviceAccounts, 'default', 'accounts');
    return account?.metadata.uid === metadata.uid ? undefined : account;
  });
  t.is(again.metadata.name, 'default');
});

test('a namespace gets the root CA, put right if changed, and renewed', async (t) => {
  const { client, signal, until } = world;
  const [name, namespace] = ['kube-root-ca.crt', 'certified'];
  await client.create(namespaces, { metadata: { name: namespace } }, signal);
  const says = (text: string) =>
    until(async () => (await find(configMaps, name, namespace))?.data?.['ca.crt'] === text);
  await says('first');
  const body = { data: { 'ca.crt': 'mine', other: 'x' } };
  await client.patch(configMaps, { namespace, name }, { type: 'merge', body }, signal);
  await says('first');
  ca = 'second';
  for (const listener of renewed) listener();
  await says('second');
  t.deepEqual((await find(configMaps, name, namespace))?.data, { 'ca.crt': 'second' });
});

test('a volume is held, and let go once nothing is bound to it', async (t) => {
  const { client, signal, until } = world;
  const spec = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/tmp/v' } };
  await client.create(persistentVolumes, { metadata: { name: 'v' }, spec } as never, signal);
  await until(async () => (await find(persistentVolumes, 'v'))?.metadata.finalizers?.length === 1);
  await setPhase('Bound');
  await client.delete(persistentVolumes, { name: 'v' }, signal);
  t.deepEqual((await find(persistentVolumes, 'v'))?.metadata.finalizers, ['kubernetes.io/pv-protection']);
  await setPhase('Released');
  await until(async () => (await find(persistentVolumes, 'v')) === undefined);

  async function setPhase(phase: string): Promise<void> {
    const change = { type: 'merge', body: { status: { phase } } } as const;
    await client.patch(persistentVolumes, { name: 'v' }, change, signal, { subresource: 'status' });
  }
});

test('a token is deleted when it expires, and signs until then', async (t) => {
  const { client, signal, until } = world;
  const info = { name: 'cluster-info', namespace: 'kube-public' };
  if ((await find(configMaps, info.name, info.namespace)) === undefined) {
    await client.create(configMaps, { metadata: info, data: { kubeconfig: 'clusters: []' } }, signal);
  }
  const facts = (id: string, expiresMs?: number) => {
    return { token: { id, secret: '0123456789abcdef' }, usages: ['signing'] as const, groups: [], expiresMs };
  };
  const nowMs = Math.ceil(Date.now() / 1000) * 1000;
  await client.create(secrets, secretOf(facts('staysx')), signal);
  await client.create(secrets, secretOf(facts('leaves', nowMs + 3_000)), signal);
  const signers = async () => Object.keys((await find(configMaps, info.name, info.namespace))?.data ?? {});
  await until(async () => (await signers()).includes('jws-kubeconfig-leaves'));
  await until(async () => (await find(secrets, 'bootstrap-token-leaves', 'kube-system')) === undefined);
  t.true(Date.now() >= nowMs + 3_000);
  await until(async () => !(await signers()).includes('jws-kubeconfig-leaves'));
  t.true((await signers()).includes('jws-kubeconfig-staysx'));
  t.truthy(await find(secrets, 'bootstrap-token-staysx', 'kube-system'));
});
