// ConfigMaps and Secrets that never change, and volumes with their claims.
import { configMaps, persistentVolumeClaims, persistentVolumes, secrets } from '#lib/api/resources.ts';
import type { Condition } from '#lib/api/types/meta.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { eventually } from '../../live/cluster.ts';
import { soon, spec } from './support/node-space.ts';

spec(
  '[sig-storage] ConfigMap should be immutable if `immutable` field is set [Conformance]',
  async ({ client, namespace }, t) => {
    const at = { namespace, name: 'fixed' };
    const change = (data: Record<string, string>) =>
      client.patch(configMaps, at, { type: 'merge', body: { data } }, soon());
    const mark = (immutable: boolean | null) =>
      client.patch(configMaps, at, { type: 'merge', body: { immutable } }, soon());
    await client.create(configMaps, { metadata: at, data: { a: '1' } }, soon());
    t.deepEqual((await change({ a: '2' })).data, { a: '2' });
    t.true((await mark(true)).immutable);
    await t.throwsAsync(change({ a: '3' }), { message: /field is immutable when `immutable` is set/ });
    await t.throwsAsync(mark(false), { message: /field is immutable when `immutable` is set/ });
    await t.throwsAsync(mark(null), { message: /field is immutable when `immutable` is set/ });
    const body = { metadata: { labels: { of: 'no-matter' } } };
    t.like((await client.patch(configMaps, at, { type: 'merge', body }, soon())).metadata.labels, body.metadata.labels);
    t.deepEqual((await client.get(configMaps, at, soon())).data, { a: '2' });
    await client.delete(configMaps, at, soon());
    await client.create(configMaps, { metadata: at, data: { a: '4' } }, soon());
  },
);

spec(
  '[sig-storage] Secrets should be immutable if `immutable` field is set [Conformance]',
  async ({ client, namespace }, t) => {
    const at = { namespace, name: 'fixed' };
    const change = (stringData: Record<string, string>) =>
      client.patch(secrets, at, { type: 'merge', body: { stringData } }, soon());
    const mark = (immutable: boolean | null) =>
      client.patch(secrets, at, { type: 'merge', body: { immutable } }, soon());
    await client.create(secrets, { metadata: at, stringData: { a: '1' } }, soon());
    t.deepEqual((await change({ a: '2' })).data, { a: btoa('2') });
    t.true((await mark(true)).immutable);
    await t.throwsAsync(change({ a: '3' }), { message: /field is immutable when `immutable` is set/ });
    await t.throwsAsync(mark(false), { message: /field is immutable when `immutable` is set/ });
    await t.throwsAsync(mark(null), { message: /field is immutable when `immutable` is set/ });
    const body = { metadata: { labels: { of: 'no-matter' } } };
    t.like((await client.patch(secrets, at, { type: 'merge', body }, soon())).metadata.labels, body.metadata.labels);
    t.deepEqual((await client.get(secrets, at, soon())).data, { a: btoa('2') });
    await client.delete(secrets, at, soon());
    await client.create(secrets, { metadata: at, stringData: { a: '4' } }, soon());
  },
);

/** A volume and its claim, which only each other's class fits. */
async function makePair(client: Client, namespace: string) {
  const labels = { pool: namespace };
  const storageClassName = namespace;
  const accessModes = ['ReadWriteOnce'] as const;
  const volume = await client.create(
    persistentVolumes,
    {
      metadata: { name: namespace, labels },
      spec: {
        capacity: { storage: '2Gi' },
        accessModes,
        storageClassName,
        persistentVolumeReclaimPolicy: 'Retain',
        csi: { driver: 'modern.skiff.local', volumeHandle: namespace },
      },
    },
    soon(),
  );
  const claim = await client.create(
    persistentVolumeClaims,
    {
      metadata: { name: 'claim', namespace, labels },
      spec: { accessModes, storageClassName, resources: { requests: { storage: '2Gi' } } },
    },
    soon(),
  );
  return { volume, claim };
}

spec(
  '[sig-storage] PersistentVolumes CSI Conformance should run through the lifecycle of a PV and a PVC [Conformance]',
  async ({ client, namespace }, t) => {
    const labelSelector = `pool=${namespace}`;
    const atVolume = { name: namespace };
    const atClaim = { namespace, name: 'claim' };
    const { volume, claim } = await makePair(client, namespace);
    t.is((await client.list(persistentVolumes, { labelSelector }, soon())).items.length, 1);
    t.is((await client.list(persistentVolumeClaims, { namespace }, soon())).items.length, 1);
    const body = { metadata: { labels: { patched: 'true' } } };
    t.like(
      (await client.patch(persistentVolumes, atVolume, { type: 'merge', body }, soon())).metadata.labels,
      body.metadata.labels,
    );
    t.like(
      (await client.patch(persistentVolumeClaims, atClaim, { type: 'strategic', body }, soon())).metadata.labels,
      body.metadata.labels,
    );
    t.is((await client.get(persistentVolumes, atVolume, soon())).metadata.uid, volume.metadata.uid);
    t.is((await client.get(persistentVolumeClaims, atClaim, soon())).metadata.uid, claim.metadata.uid);
    await client.delete(persistentVolumeClaims, atClaim, soon());
    await eventually('the end of the claim', async () => {
      return (await client.list(persistentVolumeClaims, { namespace }, soon())).items.length === 0;
    });
    await client.delete(persistentVolumes, atVolume, soon());
    const noVolume = async () => (await client.list(persistentVolumes, { labelSelector }, soon())).items.length === 0;
    await eventually('the end of the volume', noVolume);

    await makePair(client, namespace);
    const updated = await eventually('an update of the claim', async () => {
      const now = await client.get(persistentVolumeClaims, atClaim, soon());
      const metadata = { ...now.metadata, labels: { ...now.metadata.labels, updated: 'true' } };
      return await client.update(persistentVolumeClaims, { ...now, metadata }, soon());
    });
    t.like(updated.metadata.labels, { updated: 'true' });
    const updatedVolume = await eventually('an update of the volume', async () => {
      const now = await client.get(persistentVolumes, atVolume, soon());
      const metadata = { ...now.metadata, labels: { ...now.metadata.labels, updated: 'true' } };
      return await client.update(persistentVolumes, { ...now, metadata }, soon());
    });
    t.like(updatedVolume.metadata.labels, { updated: 'true' });
    t.is((await client.list(persistentVolumeClaims, { labelSelector }, soon())).items.length, 1, 'of all namespaces');
    await client.deleteCollection(persistentVolumeClaims, { namespace, labelSelector: 'updated=true' }, soon());
    await eventually('the end of all claims', async () => {
      return (await client.list(persistentVolumeClaims, { namespace }, soon())).items.length === 0;
    });
    await client.deleteCollection(persistentVolumes, { labelSelector }, soon());
    await eventually('the end of all volumes', noVolume);
  },
);

spec(
  '[sig-storage] PersistentVolumes CSI Conformance should apply changes to a pv/pvc status [Conformance]',
  async ({ client, namespace }, t) => {
    const atVolume = { name: namespace };
    const atClaim = { namespace, name: 'claim' };
    const subresource = 'status';
    await makePair(client, namespace);
    const phases = ['Pending', 'Bound', 'Available'];
    t.true(phases.includes((await client.get(persistentVolumeClaims, atClaim, soon(), { subresource })).status.phase!));
    t.true(phases.includes((await client.get(persistentVolumes, atVolume, soon(), { subresource })).status.phase!));
    const condition = (reason: string): Condition[] => [
      {
        type: 'ModernTest',
        status: 'True',
        reason,
        message: `${reason} by a test`,
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ];
    const ofTest = (conditions: readonly { readonly type: string; readonly reason?: string | undefined }[] = []) =>
      conditions.find(({ type }) => type === 'ModernTest')?.reason;

    const claimBody = { status: { conditions: condition('Patched') } };
    const patchedClaim = await client.patch(
      persistentVolumeClaims,
      atClaim,
      { type: 'merge', body: claimBody },
      soon(),
      { subresource },
    );
    t.is(ofTest(patchedClaim.status.conditions), 'Patched');
    const volumeBody = { status: { message: 'patched', reason: 'Patched' } };
    const patched = await client.patch(persistentVolumes, atVolume, { type: 'merge', body: volumeBody }, soon(), {
      subresource,
    });
    t.like(patched.status, volumeBody.status);

    const updatedClaim = await eventually('an update of the claim', async () => {
      const now = await client.get(persistentVolumeClaims, atClaim, soon());
      const status = { ...now.status, conditions: condition('Updated') };
      return await client.update(persistentVolumeClaims, { ...now, status }, soon(), { subresource });
    });
    t.is(ofTest(updatedClaim.status.conditions), 'Updated');
    const updated = await eventually('an update of the volume', async () => {
      const now = await client.get(persistentVolumes, atVolume, soon());
      const status = { ...now.status, message: 'updated', reason: 'Updated' };
      return await client.update(persistentVolumes, { ...now, status }, soon(), { subresource });
    });
    t.like(updated.status, { message: 'updated', reason: 'Updated' });
    await client.delete(persistentVolumeClaims, atClaim, soon());
    await client.delete(persistentVolumes, atVolume, soon());
  },
);
