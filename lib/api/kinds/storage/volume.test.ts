import test from 'ava';
import { updates, validates } from '../testing.ts';

const spec = { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' } };
const volume = validates('', 'PersistentVolume', { metadata: { name: 'a' }, spec });
const terms = [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['n1'] }] }];
const nodeAffinity = { required: { nodeSelectorTerms: terms } };

test('valid on a host', volume, { spec: { hostPath: { path: '/a' } } });
test('valid on a node', volume, { spec: { local: { path: '/a' }, nodeAffinity } });
test('valid of a driver', volume, { spec: { csi: { driver: 'd.example.com', volumeHandle: 'v' } } });
test('refused without a source', volume, {}, 'spec: Required value: must specify a volume type');
test('refused without a path on the host', volume, { spec: { hostPath: {} } }, 'spec.hostPath.path: Required value');
test(
  'refused on a way back',
  volume,
  { spec: { hostPath: { path: '/a/../b', type: 'Door' } } },
  'spec.hostPath.path: Invalid value: "/a/../b": must not contain \'..\'',
  /^spec\.hostPath\.type: Unsupported value: "Door"/,
);
test(
  'refused on no node',
  volume,
  { spec: { local: {} } },
  'spec.local.path: Required value',
  'spec.nodeAffinity: Required value: Local volume requires node affinity',
);
test(
  'refused of no driver',
  volume,
  { spec: { csi: { nodePublishSecretRef: { name: 's' } } } },
  'spec.csi.driver: Required value',
  /^spec\.csi\.driver: Invalid value: "": a lowercase RFC 1123 subdomain/,
  'spec.csi.volumeHandle: Required value',
  'spec.csi.nodePublishSecretRef.namespace: Required value',
);
test(
  'refused at no export',
  volume,
  { spec: { nfs: { path: 'a' } } },
  'spec.nfs.server: Required value',
  'spec.nfs.path: Invalid value: "a": must be an absolute path',
);
test(
  'refused at no target',
  volume,
  { spec: { iscsi: { iqn: 'x', lun: 300, chapAuthSession: true } } },
  'spec.iscsi.targetPortal: Required value',
  'spec.iscsi.iqn: Invalid value: "x": must be valid format',
  'spec.iscsi.lun: Invalid value: 300: must be between 0 and 255, inclusive',
  'spec.iscsi.secretRef: Required value',
);
test(
  'refused with modes that exclude each other, a class and a mode that are none, and nodes that are not told',
  volume,
  {
    spec: {
      hostPath: { path: '/' },
      persistentVolumeReclaimPolicy: 'Recycle',
      accessModes: ['ReadWriteOncePod', 'ReadOnlyMany'],
      nodeAffinity: {},
      storageClassName: '-a',
      volumeMode: 'Tape',
      volumeAttributesClassName: '',
    },
  },
  'spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes',
  'spec.nodeAffinity.required: Required value: must specify required node constraints',
  "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
  /^spec\.storageClassName: Invalid value: "-a": a lowercase RFC 1123 subdomain/,
  'spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"',
  'spec.volumeAttributesClassName: Required value: an empty string is disallowed',
  'spec.csi: Required value: has to be specified when using volumeAttributesClassName',
);
test(
  'stays on its nodes',
  updates('', 'PersistentVolume', { metadata: { name: 'a' }, spec: { ...spec, local: { path: '/a' }, nodeAffinity } }),
  { spec: { nodeAffinity: { required: { nodeSelectorTerms: [...terms, ...terms] } } } },
  /^nodeAffinity: Invalid value: .*: field is immutable, except for updating from beta label to GA$/,
);

test(
  'refused of a disk over the network with a name that is too long',
  volume,
  {
    spec: {
      iscsi: { targetPortal: 'p'.repeat(63), iqn: 'iqn.2015-02.example.com:test', initiatorName: 'x', secretRef: {} },
    },
  },
  ...[
    'spec.iscsi.secretRef.name: Required value',
    'spec.iscsi.initiatorname: Invalid value: "x": must be valid format',
    /^spec\.iscsi\.targetportal: Invalid value: "p+": Total length of <volume name>/,
  ],
);
test(
  'refused of a cluster elsewhere that is nowhere',
  volume,
  {
    spec: { glusterfs: { endpoints: 'e', path: 'p', endpointsNamespace: '' } },
  },
  'spec.glusterfs.endpointsNamespace: Invalid value: "": if the endpointnamespace is set, it must be a valid namespace name',
);
test(
  'refused with secrets of no namespace',
  volume,
  {
    spec: { cinder: { volumeID: 'v', secretRef: { name: 's' } }, azureFile: {} },
  },
  ...[
    'spec.cinder.secretRef.namespace: Required value',
    'spec.azureFile: Forbidden: may not specify more than 1 volume type',
  ],
);
test(
  'refused of another size than bytes',
  volume,
  {
    spec: { hostPath: { path: '/a' }, capacity: { storage: '-1', cpu: '1' } },
  },
  ...[
    'spec.capacity: Unsupported value: {"storage":"-1","cpu":"1"}: supported values: "storage"',
    'spec.capacity[storage]: Invalid value: -1: must be a valid resource quantity',
    'spec.capacity[storage]: Invalid value: "-1": must be greater than zero',
  ],
);
const csi = { driver: 'd.example.com', volumeHandle: 'v' };
const kept = updates('', 'PersistentVolume', { metadata: { name: 'a' }, spec: { ...spec, csi } });
test('may be given the secret for growing later', kept, {
  spec: { csi: { controllerExpandSecretRef: { name: 's', namespace: 'n' } } },
});
test('stays what it is', kept, { spec: { csi: { volumeHandle: 'w' } } }, /^spec\.persistentvolumesource: Forbidden: /);
const onZone = (key: string) => ({
  required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In', values: ['a'] }] }] },
});
test(
  'may name its zone by the later label',
  updates('', 'PersistentVolume', {
    metadata: { name: 'a' },
    spec: { ...spec, csi, nodeAffinity: onZone('failure-domain.beta.kubernetes.io/zone') },
  }),
  { spec: { nodeAffinity: onZone('topology.kubernetes.io/zone') } },
);
