import test from 'ava';
import { validates } from '../testing.ts';

const container = { name: 'web', image: 'nginx:1' };
const base = { metadata: { name: 'a', namespace: 'default' }, spec: { containers: [container] } };
const is = validates('', 'Pod', base);
const of = (source: object) => ({ spec: { volumes: [{ name: 'v', ...source }] } });
const v = 'spec.volumes[0]';

test(
  'refused with a repository that is not told, out of its folder',
  is,
  of({ gitRepo: { directory: '/a/..' } }),
  ...[
    `${v}.gitRepo.repository: Required value`,
    `${v}.gitRepo.directory: Invalid value: "/a/..": must be a relative path`,
    `${v}.gitRepo.directory: Invalid value: "/a/..": must not contain '..'`,
  ],
);
test(
  'refused with a disk of Google without a name',
  is,
  of({ gcePersistentDisk: { partition: 256 } }),
  ...[
    `${v}.persistentDisk.pdName: Required value`,
    `${v}.persistentDisk.partition: Invalid value: 256: must be between 1 and 255, inclusive`,
  ],
);
test(
  'refused with a disk of Amazon without an id',
  is,
  of({ awsElasticBlockStore: {} }),
  ...[`${v}.awsElasticBlockStore.volumeID: Required value`],
);
test(
  'refused with a disk over the network that has no proper name',
  is,
  of({
    iscsi: {
      targetPortal: 'p'.repeat(64),
      iqn: 'foo',
      lun: -1,
      initiatorName: 'iqn.2018-01.com',
      chapAuthSession: true,
    },
  }),
  `${v}.iscsi.iqn: Invalid value: "foo": must be valid format starting with iqn, eui, or naa`,
  `${v}.iscsi.lun: Invalid value: -1: must be between 0 and 255, inclusive`,
  `${v}.iscsi.secretRef: Required value`,
  `${v}.iscsi.initiatorname: Invalid value: "iqn.2018-01.com": must be valid format`,
  /^spec\.volumes\[0\]\.name: Invalid value: "v": Total length of <volume name>:<iscsi\.targetPortal> must be under 64/,
);
test(
  'valid on a disk over the network',
  is,
  of({ iscsi: { targetPortal: 'h', iqn: 'iqn.2015-02.example.com:test', lun: 1 } }),
);
test(
  'refused with a fibre channel of two kinds',
  is,
  of({ fc: { targetWWNs: ['a'], wwids: ['b'] } }),
  ...[
    `${v}.fc.targetWWNs: Invalid value: ["a"]: targetWWNs and wwids can not be specified simultaneously`,
    `${v}.fc.lun: Required value: lun is required if targetWWNs is specified`,
  ],
);
test(
  'refused with a cluster of Gluster that is not told',
  is,
  of({ glusterfs: {} }),
  ...[`${v}.glusterfs.endpoints: Required value`, `${v}.glusterfs.path: Required value`],
);
test(
  'refused with a data set of two names',
  is,
  of({ flocker: { datasetName: 'a/b', datasetUUID: 'c' } }),
  ...[
    `${v}.flocker: Invalid value: "resource": datasetName and datasetUUID can not be specified simultaneously`,
    `${v}.flocker.datasetName: Invalid value: "a/b": must not contain '/'`,
  ],
);
test(
  'refused with a block device of no image',
  is,
  of({ rbd: { monitors: [] } }),
  ...[`${v}.rbd.monitors: Required value`, `${v}.rbd.image: Required value`],
);
test(
  'refused with a volume of OpenStack and a secret without names',
  is,
  of({ cinder: { secretRef: {} } }),
  ...[`${v}.cinder.volumeID: Required value`, `${v}.cinder.secretRef.name: Required value`],
);
test('refused with monitors that are not told', is, of({ cephfs: {} }), `${v}.cephfs.monitors: Required value`);
test(
  'refused with a registry of no port',
  is,
  of({ quobyte: { registry: 'a', tenant: 't' } }),
  ...[
    `${v}.quobyte.registry: Invalid value: "a": must be a host:port pair or multiple pairs separated by commas`,
    `${v}.quobyte.volume: Required value`,
  ],
);
test(
  'refused with options that are Kubernetes’',
  is,
  of({ flexVolume: { driver: 'd', options: { 'a.k8s.io/b': '' } } }),
  ...[
    `${v}.flexVolume.options[a.k8s.io/b]: Invalid value: "a.k8s.io/b": kubernetes.io and k8s.io namespaces are reserved`,
  ],
);
test(
  'refused with a share of no name',
  is,
  of({ azureFile: { secretName: 's' } }),
  `${v}.azureFile.shareName: Required value`,
);
test(
  'refused with a disk of Azure that is none',
  is,
  of({ azureDisk: { diskName: 'd', diskURI: 'x', kind: 'Managed' } }),
  ...[
    /^spec\.volumes\[0\]\.azureDisk\.diskURI: Unsupported value: "x": supported values: "\/subscriptions\/\{sub-id\}/,
  ],
);
test(
  'refused with volumes of vendors that are not told',
  is,
  {
    spec: {
      volumes: [
        { name: 'a', vsphereVolume: {} },
        { name: 'b', photonPersistentDisk: {} },
        { name: 'c', portworxVolume: {} },
        { name: 'd', scaleIO: {} },
        { name: 'e', storageos: { volumeNamespace: 'A', secretRef: {} } },
      ],
    },
  },
  ...[
    'spec.volumes[0].vsphereVolume.volumePath: Required value',
    'spec.volumes[1].photonPersistentDisk.pdID: Required value',
    'spec.volumes[2].portworxVolume.volumeID: Required value',
    'spec.volumes[3].scaleIO.gateway: Required value',
    'spec.volumes[3].scaleIO.system: Required value',
    'spec.volumes[3].scaleIO.volumeName: Required value',
    'spec.volumes[4].storageos.volumeName: Required value',
    /^spec\.volumes\[4\]\.storageos\.volumeNamespace: Invalid value: "A": a lowercase RFC 1123 label/,
    'spec.volumes[4].storageos.secretRef.name: Required value',
  ],
);
test(
  'refused with a driver that is none',
  is,
  of({ csi: { driver: 'a_b', nodePublishSecretRef: { name: '_' } } }),
  ...[
    /^spec\.volumes\[0\]\.csi\.driver: Invalid value: "a_b": a lowercase RFC 1123 subdomain/,
    /^spec\.volumes\[0\]\.csi\.name: Invalid value: "_": a lowercase RFC 1123 subdomain/,
  ],
);
test(
  'refused with a claim of its own that asks for nothing',
  is,
  of({
    ephemeral: { volumeClaimTemplate: { metadata: { name: 'x' }, spec: {} } },
  }),
  ...[
    `${v}.ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set`,
    `${v}.ephemeral.volumeClaimTemplate.spec.accessModes: Required value: at least 1 access mode is required`,
    `${v}.ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value`,
  ],
);
const ephemeral = {
  volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
};
test(
  'refused where a claim that is made for it is claimed as well',
  is,
  {
    spec: {
      volumes: [
        { name: 'v', ephemeral },
        { name: 'w', persistentVolumeClaim: { claimName: 'a-v' } },
      ],
    },
  },
  ...[
    'spec.volumes[1].persistentVolumeClaim.claimName: Invalid value: "a-v": must not reference a PVC that gets created for an ephemeral volume',
  ],
);
test(
  'refused where no claim can be named after it',
  is,
  {
    metadata: { name: 'a'.repeat(253) },
    ...of({ ephemeral }),
  },
  /^spec\.volumes\[0\]\.name: Invalid value: "v": PVC name "a+-v": must be no more than 253 bytes$/,
);
test(
  'refused with volumes of two kinds, by the names that upstream has for them',
  is,
  of({
    emptyDir: {},
    cephfs: { monitors: ['a'] },
    downwardAPI: {},
  }),
  ...[
    `${v}.cephFS: Forbidden: may not specify more than 1 volume type`,
    `${v}.downwarAPI: Forbidden: may not specify more than 1 volume type`,
  ],
);
test(
  'refused with a folder of a size below zero',
  is,
  of({ emptyDir: { sizeLimit: '-1' } }),
  ...[`${v}.emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity`],
);
test(
  'refused with two sources of one file, and a token outside',
  is,
  {
    spec: {
      serviceAccountName: 's',
      volumes: [
        {
          name: 'v',
          projected: {
            sources: [
              { secret: { name: 's', items: [{ key: 'k', path: 'f' }] }, configMap: { name: 'c' } },
              { configMap: { name: 'c', items: [{ key: 'k', path: 'f' }] } },
              { serviceAccountToken: { path: '../t' } },
              {},
            ],
          },
        },
      ],
    },
  },
  ...[
    `${v}.projected.sources[0]: Forbidden: may not specify more than 1 volume type per source`,
    `${v}.projected: Invalid value: "c": conflicting duplicate paths`,
    `${v}.projected.path: Invalid value: "../t": must not contain '..'`,
  ],
);
test(
  'refused with files about the pod that show nothing',
  is,
  of({
    downwardAPI: {
      items: [
        { path: '/..', mode: 512 },
        { path: 'a', fieldRef: { fieldPath: 'spec.nodeName' } },
      ],
    },
  }),
  ...[
    `${v}.downwardAPI.path: Invalid value: "/..": must be a relative path`,
    `${v}.downwardAPI.path: Invalid value: "/..": must not contain '..'`,
    `${v}.downwardAPI: Required value: one of fieldRef and resourceFieldRef is required`,
    `${v}.downwardAPI.mode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive`,
    `${v}.downwardAPI.fieldRef.fieldPath: Unsupported value: "spec.nodeName": supported values: "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"`,
  ],
);

const mounting = (volumes: object[], more: object) => ({
  spec: { volumes, containers: [{ ...container, ...more }] },
});
const c = 'spec.containers[0]';
test(
  'refused with a mount of a volume that is wrong',
  is,
  mounting([{ name: 'v', nfs: {} }], {
    volumeMounts: [{ name: 'v', mountPath: '/v' }],
  }),
  ...[
    `${v}.nfs.server: Required value`,
    `${v}.nfs.path: Required value`,
    `${v}.nfs.path: Invalid value: "": must be an absolute path`,
    `${c}.volumeMounts[0].name: Not found: "v"`,
  ],
);
test(
  'refused with mounts out of their volume',
  is,
  mounting([{ name: 'v' }], {
    volumeMounts: [
      { name: 'v', mountPath: '/v', subPath: '/../a', subPathExpr: '..', mountPropagation: 'Bidirectional' },
    ],
  }),
  ...[
    `${c}.volumeMounts.subPath: Invalid value: "/../a": must be a relative path`,
    `${c}.volumeMounts.subPath: Invalid value: "/../a": must not contain '..'`,
    `${c}.volumeMounts[0].subPathExpr: Invalid value: "..": subPathExpr and subPath are mutually exclusive`,
    `${c}.volumeMounts.subPathExpr: Invalid value: "..": must not contain '..'`,
    `${c}.volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers`,
  ],
);
test(
  'refused with a propagation that is none, told once',
  is,
  mounting([{ name: 'v' }], {
    volumeMounts: [{ name: 'v', mountPath: '/v', mountPropagation: 'Sideways' }],
  }),
  `${c}.volumeMounts.mountPropagation: Unsupported value: "Sideways": supported values: "Bidirectional", "HostToContainer", "None"`,
);
test(
  'refused with a volume as device and as folder',
  is,
  mounting([{ name: 'v' }, { name: 'w', persistentVolumeClaim: { claimName: 'w' } }], {
    volumeMounts: [{ name: 'w', mountPath: '/w' }],
    volumeDevices: [
      { name: 'v', devicePath: '/w' },
      { name: 'w', devicePath: '/a/../b' },
      { name: 'w', devicePath: '/c' },
    ],
  }),
  ...[
    `${c}.volumeMounts[0].name: Invalid value: "w": must not already exist in volumeDevices`,
    `${c}.volumeMounts[0].mountPath: Invalid value: "/w": must not already exist as a path in volumeDevices`,
    `${c}.volumeDevices[0].name: Invalid value: "v": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode`,
    `${c}.volumeDevices[0].devicePath: Invalid value: "/w": must not already exist as a path in volumeMounts`,
    `${c}.volumeDevices[1].devicePath: Invalid value: "/a/../b": can not contain backsteps ('..')`,
    `${c}.volumeDevices[1].name: Invalid value: "w": must not already exist in volumeMounts`,
    `${c}.volumeDevices[2].name: Invalid value: "w": must be unique`,
    `${c}.volumeDevices[2].name: Invalid value: "w": must not already exist in volumeMounts`,
  ],
);
