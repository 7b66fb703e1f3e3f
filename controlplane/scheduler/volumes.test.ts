// How long a pod waits for volumes that others make, and when it gives up.
import test from 'ava';
import type { KubeObject } from '#lib/api/resource.ts';
import { persistentVolumeClaims, persistentVolumes, storageClasses } from '#lib/api/resources.ts';
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '#lib/api/types/core.v1.ts';
import type { StorageClass } from '#lib/api/types/storage.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { createFedInformer, type FedInformer } from '#lib/client/fed-informer.ts';
import { createFakeClock } from '#lib/clock.ts';
import { hasReason } from '#lib/errors.ts';
import type { Informers } from '../controllers/informers.ts';
import { createSchedulerVolumes } from './volumes.ts';

const node = { metadata: { name: 'n', labels: { zone: 'a' } }, spec: {}, status: {} } as unknown as Node;
const pod = {
  metadata: { name: 'p', namespace: 'default', uid: 'p' },
  spec: { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] },
} as unknown as Pod;
const made = { metadata: { name: 'made' }, provisioner: 'example.com/disk', volumeBindingMode: 'WaitForFirstConsumer' };
const claim = {
  metadata: { name: 'c', namespace: 'default', uid: 'c', resourceVersion: '5' },
  spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'made', resources: { requests: { storage: '1Gi' } } },
} as unknown as PersistentVolumeClaim;
const selected = 'volume.kubernetes.io/selected-node';

function world() {
  const all = new Map<unknown, FedInformer<KubeObject>>();
  const feed = <T extends KubeObject>(resource: unknown) => {
    if (!all.has(resource)) all.set(resource, createFedInformer<KubeObject>());
    return all.get(resource) as unknown as FedInformer<T>;
  };
  const [claims, volumes] = [
    feed<PersistentVolumeClaim>(persistentVolumeClaims),
    feed<PersistentVolume>(persistentVolumes),
  ];
  feed<StorageClass>(storageClasses).put(made as StorageClass);
  claims.put(claim);
  const clock = createFakeClock();
  const client = {
    async update(_resource: unknown, object: PersistentVolumeClaim) {
      return { ...object, metadata: { ...object.metadata, resourceVersion: '6' } }; // the informer sees it later
    },
  } as unknown as Client;
  const informers = { get: feed } as unknown as Informers;
  const { reserve } = createSchedulerVolumes({ client, informers, clock });
  let result: unknown = 'waits';
  const waiting = reserve(
    pod,
    node,
    () => true,
    30_000,
  )(new AbortController().signal).then(
    () => (result = 'bound'),
    (error) => (result = error),
  );
  const see = (resourceVersion: string, annotations: object, spec: object = {}) =>
    claims.put({
      ...claim,
      metadata: { ...claim.metadata, resourceVersion, annotations },
      spec: { ...claim.spec, ...spec },
    } as PersistentVolumeClaim);
  return { clock, volumes, see, waiting, result: () => result };
}
const done = { 'pv.kubernetes.io/bind-completed': 'yes' };

test('a pod whose volume is made goes on, though its claim is seen late', async (t) => {
  const { clock, volumes, see, waiting, result } = world();
  await clock.advance(200);
  t.is(result(), 'waits');
  see('6', { [selected]: 'n' });
  await clock.advance(200);
  t.is(result(), 'waits');
  volumes.put({ metadata: { name: 'pv' }, spec: {}, status: {} } as unknown as PersistentVolume);
  see('7', { [selected]: 'n', ...done }, { volumeName: 'pv' });
  await clock.advance(200);
  await waiting;
  t.is(result(), 'bound');
});

test('a pod is tried elsewhere at once when its volume cannot be made for the node', async (t) => {
  const { clock, see, waiting, result } = world();
  see('6', { [selected]: 'n' });
  await clock.advance(200);
  see('7', {});
  await clock.advance(200);
  await waiting;
  t.true(hasReason(result(), 'Conflict'));
  t.regex(String(result()), /provisioning failed for PVC "c"/);
});

test('a pod does not go where its volume cannot be reached', async (t) => {
  const { clock, volumes, see, waiting, result } = world();
  const required = { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['b'] }] }] };
  const far = { metadata: { name: 'pv' }, spec: { nodeAffinity: { required } }, status: {} };
  volumes.put(far as unknown as PersistentVolume);
  see('7', { [selected]: 'n', ...done }, { volumeName: 'pv' });
  await clock.advance(200);
  await waiting;
  t.regex(String(result()), /pv "pv" node affinity doesn't match node "n"/);
});

test('a pod waits for its volumes no longer than it is told', async (t) => {
  const { clock, see, waiting, result } = world();
  see('6', { [selected]: 'n' });
  await clock.advance(200);
  await clock.advance(29_000);
  t.is(result(), 'waits');
  await clock.advance(2_000);
  await waiting;
  t.true(hasReason(result(), 'Timeout'));
});
