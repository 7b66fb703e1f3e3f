// What upstream's own tests of storage refuse and take.
import test from 'ava';
import { updates, validates } from '../testing.ts';

const group = 'storage.k8s.io';
const metadata = { name: 'a' };
const sound = { metadata, provisioner: 'kubernetes.io/foo' };
const kind = validates(group, 'StorageClass', sound);
const topology = (...terms: readonly object[]) => ({ allowedTopologies: terms });
const zone = { matchLabelExpressions: [{ key: 'zone', values: ['a', 'b'] }] };
test('valid', kind, { parameters: { a: 'b' }, ...topology(zone) });
for (const [title, difference, ...expected] of [
  ['no provisioner', { provisioner: '' }, 'provisioner: Required value'],
  ['a parameter without a name', { parameters: { '': 'b' } }, 'parameters: Invalid value: "": field can not be empty.'],
  [
    'long parameters',
    { parameters: { a: 'b'.repeat(256 * 1024) } },
    'parameters: Too long: may not be more than 262144 bytes',
  ],
  [
    'very many parameters',
    { parameters: Object.fromEntries(Array.from({ length: 513 }, (_, i) => [`k${i}`, ''])) },
    'parameters: Too long: may not be more than 512 bytes',
  ],
  [
    'a place twice',
    topology(zone, { matchLabelExpressions: [{ key: 'zone', values: ['b', 'a'] }] }),
    'allowedTopologies[1].matchLabelExpressions: Duplicate value: ""',
  ],
  [
    'a key twice',
    topology({ matchLabelExpressions: [...zone.matchLabelExpressions, { key: 'zone', values: ['c'] }] }),
    'allowedTopologies[0].matchLabelExpressions[1].key: Duplicate value: "zone"',
  ],
  [
    'no values',
    topology({ matchLabelExpressions: [{ key: 'zone' }] }),
    'allowedTopologies[0].matchLabelExpressions[0].values: Required value',
  ],
  [
    'a value twice',
    topology({ matchLabelExpressions: [{ key: 'zone', values: ['a', 'a'] }] }),
    'allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "a"',
  ],
  ['a place that says nothing', topology({}), 'allowedTopologies[0].matchLabelExpressions: Duplicate value: ""'],
] as const) {
  test(`refused with ${title}`, kind, difference, ...expected);
}
test(
  'may not change its parameters',
  updates(group, 'StorageClass', sound),
  { parameters: { a: 'b' } },
  /^parameters: Forbidden: updates to parameters are forbidden\.$/,
);

const attributes = { metadata, driverName: 'a.b', parameters: { a: 'b' } };
test(
  'refused without parameters',
  validates(group, 'VolumeAttributesClass', attributes),
  { parameters: undefined },
  'parameters: Required value: must contain at least one key/value pair',
);
test(
  'may not change its driver',
  updates(group, 'VolumeAttributesClass', attributes),
  { driverName: 'c' },
  /^driverName: Forbidden: updates to driverName are forbidden\.$/,
);

const attachment = { metadata, spec: { attacher: 'a.b', nodeName: 'n', source: { persistentVolumeName: 'v' } } };
const attachments = validates(group, 'VolumeAttachment', attachment);
const inline = { accessModes: ['ReadWriteOnce'], csi: { driver: 'a.b', volumeHandle: 'h' } };
const spec = (inlineVolumeSpec: object) => ({
  spec: { source: { persistentVolumeName: undefined, inlineVolumeSpec } },
});
const field = 'spec.source.inlineVolumeSpec';
test('valid', attachments, {});
test('valid with a volume of its own', attachments, spec(inline));
for (const [title, difference, ...expected] of [
  ['a long attacher', { spec: { attacher: 'a'.repeat(64) } }, 'spec.attacher: Too long: may not be more than 63 bytes'],
  ['no node', { spec: { nodeName: '' } }, /^spec\.nodeName: Invalid value: ""/],
  [
    'both sources',
    { spec: { source: { inlineVolumeSpec: inline } } },
    'spec.source: Forbidden: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
  ],
  [
    'no source',
    { spec: { source: { persistentVolumeName: undefined } } },
    'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
  ],
  [
    'a volume of its own with a claim',
    spec({ ...inline, claimRef: { name: 'a' } }),
    `${field}.claimRef: Forbidden: may not be specified in the context of inline volumes`,
  ],
  [
    'a volume of its own that nobody drives',
    spec({ accessModes: ['ReadWriteOnce'] }),
    `${field}.csi: Required value: has to be specified in the context of inline volumes`,
  ],
  [
    'a volume of its own that is deleted',
    spec({ ...inline, persistentVolumeReclaimPolicy: 'Delete' }),
    `${field}.persistentVolumeReclaimPolicy: Forbidden: may only be Retain in the context of inline volumes`,
  ],
] as const) {
  test(`refused with ${title}`, attachments, difference, ...expected);
}

const drivers = (...all: readonly object[]) => ({ spec: { drivers: all } });
const one = { name: 'a.b', nodeID: 'n', topologyKeys: ['zone'], allocatable: { count: 1 } };
const node = { metadata, ...drivers(one) };
const nodes = validates(group, 'CSINode', node);
test('valid', nodes, {});
for (const [title, driver, ...expected] of [
  ['a long id', { ...one, nodeID: 'n'.repeat(257) }, /^spec\.drivers\[0\]\.nodeID: .*must be 256 characters or less$/],
  [
    'less than no volumes',
    { ...one, allocatable: { count: -1 } },
    'spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0',
  ],
  ['a key twice', { ...one, topologyKeys: ['zone', 'zone'] }, 'spec.drivers[0]: Duplicate value: "zone"'],
] as const) {
  test(`refused with ${title}`, nodes, drivers(driver), ...expected);
}
test('refused with a driver twice', nodes, drivers(one, one), 'spec.drivers[1].name: Duplicate value: "a.b"');
test('may take more volumes', updates(group, 'CSINode', node), drivers({ ...one, allocatable: { count: 2 } }));
test(
  'may not be another one',
  updates(group, 'CSINode', node),
  drivers({ ...one, nodeID: 'm' }),
  /^spec\.drivers: .*field is immutable$/,
);

const driver = validates(group, 'CSIDriver', { metadata, spec: {} });
const token = { audience: 'a', expirationSeconds: 600 };
test('valid', driver, { spec: { tokenRequests: [token], serviceAccountTokenInSecrets: true } });
for (const [title, difference, ...expected] of [
  [
    'an unknown policy of groups',
    { fsGroupPolicy: 'x' },
    'spec.fsGroupPolicy: Unsupported value: "x": supported values: "File", "None", "ReadWriteOnceWithFSType"',
  ],
  [
    'an unknown life',
    { volumeLifecycleModes: ['x'] },
    'spec.volumeLifecycleModes: Unsupported value: "x": supported values: "Ephemeral", "Persistent"',
  ],
  ['an audience twice', { tokenRequests: [token, token] }, 'spec.tokenRequests[1].audience: Duplicate value: "a"'],
  [
    'a short token',
    { tokenRequests: [{ expirationSeconds: 599 }] },
    'spec.tokenRequests[0].expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
  ],
  [
    'a long token',
    { tokenRequests: [{ expirationSeconds: 2 ** 32 + 1 }] },
    'spec.tokenRequests[0].expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds',
  ],
  [
    'a short period',
    { nodeAllocatableUpdatePeriodSeconds: 9 },
    'spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds',
  ],
  [
    'secret tokens there are not',
    { serviceAccountTokenInSecrets: true },
    'spec.serviceAccountTokenInSecrets: Invalid value: true: serviceAccountTokenInSecrets is set but no tokenRequests are specified',
  ],
] as const) {
  test(`refused with ${title}`, driver, { spec: difference }, ...expected);
}
test(
  'may not attach otherwise',
  updates(group, 'CSIDriver', { metadata, spec: {} }),
  { spec: { attachRequired: false } },
  /^spec\.attachedRequired: .*field is immutable$/,
);

const space = { metadata: { ...metadata, namespace: 'default' }, storageClassName: 'a', capacity: '1Gi' };
const capacity = validates(group, 'CSIStorageCapacity', space);
test('valid', capacity, {});
test(
  'refused with less than no space',
  capacity,
  { capacity: '-1' },
  'capacity: Invalid value: "-1": must be greater than or equal to 0',
);
test(
  'may not be of another class',
  updates(group, 'CSIStorageCapacity', space),
  { storageClassName: 'b' },
  /^storageClassName: .*field is immutable$/,
);
