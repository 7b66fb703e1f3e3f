// Claims, volumes and quotas with the real control plane in this process; only the nodes are hollow.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import {
  configMaps,
  namespaces,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  resourceQuotas,
  storageClasses,
} from '#lib/api/resources.ts';
import { type Client, createClient } from '#lib/client/client.ts';
import { createHttpTransport } from '#lib/client/http-transport.ts';
import { createClock } from '#lib/clock.ts';
import { hasReason } from '#lib/errors.ts';
import { createSilentLog } from '#lib/log.ts';
import { runServer } from '../main.ts';
import { runHollowNode } from './hollow-node.ts';

const clock = createClock();
const log = createSilentLog();
const end = new AbortController();
const { signal } = end;
const namespace = 'storage';
let client: Client;
let cleanUp: () => Promise<void>;

test.before(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'skiff-storage-'));
  const ready = Promise.withResolvers<number>();
  const stopped = runServer(
    { dataDir: directory, bindAddress: '127.0.0.1', securePort: 0, advertiseAddress: '192.0.2.1' },
    { clock, log, signal, onReady: ready.resolve },
  );
  const port = await Promise.race([ready.promise, stopped.then(() => 0)]);
  const pki = (name: string) => readFile(join(directory, 'pki', name), 'utf8');
  const transport = createHttpTransport({
    server: `https://127.0.0.1:${port}`,
    credentials: async () => ({ ca: await pki('ca.crt'), cert: await pki('admin.crt'), key: await pki('admin.key') }),
    clock,
    log,
  });
  client = createClient(transport);
  for (const name of ['n1', 'n2']) void runHollowNode({ client, name }, signal).catch(() => {});
  await client.create(namespaces, { metadata: { name: namespace } }, signal);
  cleanUp = async () => {
    end.abort();
    await stopped;
    transport[Symbol.dispose]();
    await rm(directory, { recursive: true });
  };
});

test.after.always(() => cleanUp());

test('a claim and a volume find each other, stay while used, and part', async (t) => {
  await makeVolume('static');
  await makeClaim('static', 'static');
  const bound = await until(async () => {
    const claim = await client.get(persistentVolumeClaims, { namespace, name: 'static' }, signal);
    return claim.status.phase === 'Bound' ? claim : undefined;
  });
  t.is(bound.spec.volumeName, 'static');
  t.deepEqual(bound.status.capacity, { storage: '1Gi' });
  const volume = await client.get(persistentVolumes, { name: 'static' }, signal);
  t.is(volume.status.phase, 'Bound');
  t.is(volume.spec.claimRef?.uid, bound.metadata.uid);

  await makePod('static', { persistentVolumeClaim: { claimName: 'static' } });
  await until(() => running('static'));
  await client.delete(persistentVolumeClaims, { namespace, name: 'static' }, signal);
  await client.delete(persistentVolumes, { name: 'static' }, signal);
  const held = await client.get(persistentVolumeClaims, { namespace, name: 'static' }, signal);
  t.truthy(held.metadata.deletionTimestamp);
  await client.delete(pods, { namespace, name: 'static' }, signal, { gracePeriodSeconds: 0 });
  await until(async () => ((await isGone(persistentVolumeClaims, 'static')) ? true : undefined));
  await until(async () => ((await isGone(persistentVolumes, 'static')) ? true : undefined));
});

test('a volume that is retained is Released, not given to the next claim', async (t) => {
  await makeVolume('kept');
  await makeClaim('kept', 'kept');
  await until(() => phaseOf('kept', 'Bound'));
  await client.delete(persistentVolumeClaims, { namespace, name: 'kept' }, signal);
  await until(() => phaseOf('kept', 'Released'));
  await makeClaim('next', 'kept');
  await clock.sleep(100, signal);
  t.is((await client.get(persistentVolumeClaims, { namespace, name: 'next' }, signal)).status.phase, 'Pending');
});

test('a claim that waits gets a volume of the node that its pod is put on', async (t) => {
  await client.create(
    storageClasses,
    {
      metadata: { name: 'local' },
      provisioner: 'kubernetes.io/no-provisioner',
      volumeBindingMode: 'WaitForFirstConsumer',
    },
    signal,
  );
  const on = (node: string) => ({
    required: {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In' as const, values: [node] }] },
      ],
    },
  });
  await makeVolume('on-n2', { storageClassName: 'local', nodeAffinity: on('n2') });
  await makeClaim('waiting', 'local');
  await clock.sleep(100, signal);
  t.is((await client.get(persistentVolumeClaims, { namespace, name: 'waiting' }, signal)).status.phase, 'Pending');
  await makePod('waiting', { persistentVolumeClaim: { claimName: 'waiting' } });
  const pod = await until(() => running('waiting'));
  t.is(pod.spec.nodeName, 'n2');
  t.is((await client.get(persistentVolumes, { name: 'on-n2' }, signal)).spec.claimRef?.name, 'waiting');
});

test('an ephemeral volume is a claim of its pod', async (t) => {
  await makeVolume('scratch');
  const resources = { requests: { storage: '1Gi' } };
  const spec = { accessModes: ['ReadWriteOnce' as const], storageClassName: 'scratch', resources };
  await makePod('scratch', { ephemeral: { volumeClaimTemplate: { metadata: { name: '' }, spec } } });
  await until(() => running('scratch'));
  const claim = await client.get(persistentVolumeClaims, { namespace, name: 'scratch-v' }, signal);
  t.is(claim.metadata.ownerReferences?.[0]?.name, 'scratch');
  await client.delete(pods, { namespace, name: 'scratch' }, signal, { gracePeriodSeconds: 0 });
  await until(async () => ((await isGone(persistentVolumeClaims, 'scratch-v')) ? true : undefined));
});

test('a quota counts what is there, and what goes', async (t) => {
  const quiet = 'quota';
  await client.create(namespaces, { metadata: { name: quiet } }, signal);
  await until(async () => ((await client.list(configMaps, { namespace: quiet }, signal)).items[0] ? true : undefined));
  await client.create(
    resourceQuotas,
    { metadata: { name: 'q', namespace: quiet }, spec: { hard: { configmaps: '2' } } },
    signal,
  );
  const used = (wanted: string) => async () => {
    const { status } = await client.get(resourceQuotas, { namespace: quiet, name: 'q' }, signal);
    return status.used?.['configmaps'] === wanted ? true : undefined;
  };
  await until(used('1'));
  const make = (name: string) => client.create(configMaps, { metadata: { name, namespace: quiet } }, signal);
  await make('a');
  await t.throwsAsync(() => make('b'), {
    message: /exceeded quota: q, requested: configmaps=1, used: configmaps=2, limited: configmaps=2/,
  });
  await client.delete(configMaps, { namespace: quiet, name: 'a' }, signal);
  await until(used('1'));
  await make('b');
});

async function makeVolume(name: string, spec: object = {}): Promise<void> {
  const base = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce' as const], storageClassName: name };
  const source = { hostPath: { path: `/tmp/${name}` } };
  await client.create(persistentVolumes, { metadata: { name }, spec: { ...base, ...source, ...spec } }, signal);
}

async function makeClaim(name: string, storageClassName: string): Promise<void> {
  const resources = { requests: { storage: '1Gi' } };
  const spec = { accessModes: ['ReadWriteOnce' as const], storageClassName, resources };
  await client.create(persistentVolumeClaims, { metadata: { name, namespace }, spec }, signal);
}

async function makePod(name: string, source: object): Promise<void> {
  const spec = { containers: [{ name: 'c', image: 'i' }], volumes: [{ name: 'v', ...source }] };
  await client.create(pods, { metadata: { name, namespace }, spec }, signal);
}

async function running(name: string) {
  const pod = await client.get(pods, { namespace, name }, signal);
  return pod.status.phase === 'Running' ? pod : undefined;
}

async function phaseOf(name: string, phase: string) {
  const { status } = await client.get(persistentVolumes, { name }, signal);
  return status.phase === phase ? true : undefined;
}

async function isGone(
  resource: typeof persistentVolumeClaims | typeof persistentVolumes,
  name: string,
): Promise<boolean> {
  const at = resource.isNamespaced ? { namespace, name } : { name };
  try {
    await client.get<unknown>(resource as typeof persistentVolumes, at, signal);
    return false;
  } catch (error) {
    if (hasReason(error, 'NotFound')) return true;
    throw error;
  }
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  const lastMs = clock.now() + 20_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (clock.now() > lastMs) throw new Error('It has not come about');
    await clock.sleep(20, signal);
  }
}
