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
  'spec.iscsi.iqn: Invalid value: "x": must be valid format starting with iqn, eui, or naa',
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
  /^spec\.nodeAffinity: Invalid value: .*: field is immutable$/,
);
