// What the API says of storage: drivers, nodes, classes, attachments, capacities. No driver runs: these are objects only.
import {
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  pods,
  storageClasses,
  volumeAttachments,
  volumeAttributesClasses,
} from '#lib/api/resources.ts';
import { eventually } from '../../live/cluster.ts';
import { walk } from './support/node-lifecycle.ts';
import { shell, soon, spec } from './support/node-space.ts';

const driver = 'modern.skiff.local';

spec(
  '[sig-storage] CSIInlineVolumes should run through the lifecycle of a CSIDriver [Conformance]',
  async (space, t) => {
    await walk(space, t, {
      resource: csiDrivers,
      make: (number) => ({
        spec: {
          volumeLifecycleModes: number === 1 ? ['Ephemeral'] : ['Persistent', 'Ephemeral'],
          fsGroupPolicy: 'ReadWriteOnceWithFSType',
        },
      }),
    });
  },
);

spec('[sig-storage] CSIInlineVolumes should support CSIVolumeSource in Pod API [Conformance]', async (space, t) => {
  const { client, namespace, createPod } = space;
  const volumes = [
    { name: 'one', csi: { driver } },
    { name: 'two', csi: { driver, fsType: 'ext4', readOnly: true } },
  ];
  const volumeMounts = volumes.map(({ name }) => ({ name, mountPath: `/mnt/${name}` }));
  const wish = { volumes, containers: [shell('ls /mnt/*', { volumeMounts })] };
  const made = await createPod('inline', wish);
  await t.throwsAsync(createPod('inline', wish), { message: /already exists/ });
  const at = { namespace, name: 'inline' };
  const found = await client.get(pods, at, soon());
  t.is(found.metadata.uid, made.metadata.uid);
  t.like(found.spec.volumes?.[1], volumes[1]!);
  t.is((await client.list(pods, { namespace }, soon())).items.length, 1);
  const body = { metadata: { annotations: { patched: 'true' } } };
  const patched = await client.patch(pods, at, { type: 'merge', body }, soon());
  t.is(patched.metadata.annotations?.['patched'], 'true');
  await client.delete(pods, at, soon());
  const left = (await client.list(pods, { namespace }, soon())).items;
  t.true(left.every(({ metadata }) => metadata.deletionTimestamp !== undefined));
  await eventually('its end', async () => (await client.list(pods, { namespace }, soon())).items.length === 0);
});

spec(
  '[sig-storage] CSINodes CSI Conformance should run through the lifecycle of a csinode [Conformance]',
  async (space, t) => {
    await walk(space, t, {
      resource: csiNodes,
      make: (number) => ({ spec: { drivers: [{ name: driver, nodeID: `node-${number}`, topologyKeys: ['zone'] }] } }),
    });
  },
);

spec(
  '[sig-storage] CSIStorageCapacity should support CSIStorageCapacities API operations [Conformance]',
  async (space, t) => {
    await walk(space, t, {
      resource: csiStorageCapacities,
      make: () => ({
        storageClassName: 'modern',
        capacity: '1Gi',
        maximumVolumeSize: '512Mi',
        nodeTopology: { matchLabels: { zone: 'a' } },
      }),
    });
  },
);

spec(
  '[sig-storage] StorageClasses CSI Conformance should run through the lifecycle of a StorageClass [Conformance]',
  async (space, t) => {
    await walk(space, t, {
      resource: storageClasses,
      make: () => ({ provisioner: driver, parameters: { kind: 'fast' }, reclaimPolicy: 'Retain' as const }),
    });
  },
);

const attachment = (number: number) => ({
  spec: { attacher: driver, nodeName: 'none', source: { persistentVolumeName: `volume-${number}` } },
});

spec(
  '[sig-storage] VolumeAttachment Conformance should run through the lifecycle of a VolumeAttachment [Conformance]',
  async (space, t) => {
    await walk(space, t, { resource: volumeAttachments, make: attachment });
  },
);

spec(
  '[sig-storage] VolumeAttachment Conformance should apply changes to a volumeattachment status [Conformance]',
  async (space, t) => {
    await walk(space, t, { resource: volumeAttachments, make: attachment, status: { attached: true } });
    const { client, namespace: name } = space;
    const made = await client.create(volumeAttachments, { ...attachment(4), metadata: { name } }, soon());
    t.false(made.status.attached);
    const attachError = { message: 'it broke', time: '2026-01-01T00:00:00Z' };
    const after = await client.update(
      volumeAttachments,
      { ...made, spec: { ...made.spec, attacher: 'another' }, status: { attached: false, attachError } },
      soon(),
      { subresource: 'status' },
    );
    t.is(after.status.attachError?.message, 'it broke');
    t.is(after.spec.attacher, driver, 'the status subresource leaves the spec alone');
    await client.delete(volumeAttachments, { name }, soon());
  },
);

spec(
  '[sig-storage] VolumeAttributesClass [FeatureGate:VolumeAttributesClass] should run through the lifecycle of a VolumeAttributesClass [Conformance]',
  async (space, t) => {
    await walk(space, t, {
      resource: volumeAttributesClasses,
      make: () => ({ driverName: driver, parameters: { iops: '4000' } }),
    });
  },
);
