import test from 'ava';
import type { KubeObject } from '../../resource.ts';
import { rulesOf } from '../rules.ts';
import { created, differing, updates, validates } from '../testing.ts';

const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } } };
const base = { metadata: { name: 'a', namespace: 'b' }, spec };
const claim = validates('', 'PersistentVolumeClaim', base);

test('valid', claim, { spec: { storageClassName: 'fast', selector: { matchLabels: { a: 'b' } } } });
test('valid with a class that is none', claim, { spec: { storageClassName: '' } });
test('valid as a copy', claim, { spec: { dataSource: { kind: 'PersistentVolumeClaim', name: 'b' } } });
test('valid of a snapshot', claim, {
  spec: { dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'b' } },
});
test(
  'refused with modes that exclude each other, and classes that are none',
  claim,
  {
    spec: { accessModes: ['ReadWriteOncePod', 'ReadWriteOnce'], storageClassName: '-', volumeAttributesClassName: '_' },
  },
  'spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes',
  /^spec\.storageClassName: Invalid value: "-": a lowercase RFC 1123 subdomain/,
  /^spec\.volumeAttributesClassName: Invalid value: "_": a lowercase RFC 1123 subdomain/,
);
test(
  'refused of two sources',
  claim,
  {
    spec: {
      dataSource: { kind: 'PersistentVolumeClaim', name: 'b' },
      dataSourceRef: { apiGroup: 'example.com', kind: 'Other', name: 'b' },
    },
  },
  'spec: Invalid value: "spec.dataSource": must match dataSourceRef',
);
test(
  'refused of a source without a name',
  claim,
  { spec: { dataSourceRef: { apiGroup: 'example.com', kind: 'Other' } } },
  'spec.dataSource.name: Required value',
  'spec.dataSourceRef.name: Required value',
);

const fixed = updates('', 'PersistentVolumeClaim', base);
const asking = (storage: string) => ({ spec: { resources: { requests: { storage } } } });
test(
  'that is not bound asks for what it asks for',
  fixed,
  asking('6Gi'),
  /^spec: Forbidden: spec is immutable after creation except resources\.requests and volumeAttributesClassName for bound claims/,
);

test('A bound claim asks for more, or for less than it asked for, never for what it has or less', (t) => {
  const rules = rulesOf('', 'PersistentVolumeClaim');
  const stored = created('', 'PersistentVolumeClaim', base);
  const status = { phase: 'Bound', capacity: { storage: '3Gi' } };
  const bound = differing(stored, { status }) as KubeObject;
  const told = (storage: string) =>
    rules.validateUpdate(differing(bound, asking(storage)) as KubeObject, bound).map(({ message }) => message);
  t.deepEqual(told('6Gi'), []);
  t.deepEqual(told('4Gi'), []);
  t.deepEqual(told('3Gi'), ['Forbidden: field can not be less than status.capacity']);
});

test('A claim is refused of a source of the core group that is no claim, or of another namespace beside one', (t) => {
  // Not by a create: sources elsewhere come from where they are on.
  const sources = {
    dataSource: { kind: 'Pod', name: 'b' },
    dataSourceRef: { apiGroup: 'a.b', kind: 'Other', name: 'b', namespace: '_' },
  };
  const wrong = { ...base, spec: { ...spec, ...sources } };
  const [first, second, third, ...more] = rulesOf('', 'PersistentVolumeClaim').validate(wrong as never);
  t.is(first?.message, 'Invalid value: "Pod": must be \'PersistentVolumeClaim\' when referencing the default apiGroup');
  t.is(first?.field, 'spec.dataSource');
  t.regex(second?.message ?? '', /^Invalid value: "_": a lowercase RFC 1123 label/);
  t.is(second?.field, 'spec.dataSourceRef.namespace');
  const why = 'may not be specified when dataSourceRef.namespace is specified';
  t.deepEqual(third, {
    reason: 'FieldValueInvalid',
    message: `Invalid value: "spec.dataSource": ${why}`,
    field: 'spec',
  });
  t.deepEqual(more, []);
});
const classed = (name: string | undefined) => ({ spec: { storageClassName: name } });
test('that named no class may name one', fixed, classed('fast'));
const named = updates('', 'PersistentVolumeClaim', { ...base, spec: { ...spec, storageClassName: 'fast' } });
test('that named a class keeps it', named, classed('slow'), /^spec: Forbidden: /);
const noted = updates('', 'PersistentVolumeClaim', {
  ...base,
  metadata: { ...base.metadata, annotations: { 'volume.beta.kubernetes.io/storage-class': 'fast' } },
});
test('that noted a class may name it', noted, classed('fast'));
test('that noted a class names no other', noted, classed('slow'), /^spec: Forbidden: /);
test(
  'that noted a class keeps the note',
  noted,
  {
    metadata: { annotations: { 'volume.beta.kubernetes.io/storage-class': 'slow' } },
  },
  /^metadata\.annotations\.volume\.beta\.kubernetes\.io\/storage-class: Invalid value: "slow": field is immutable$/,
);
test(
  'that is a file system stays one',
  fixed,
  { spec: { volumeMode: 'Block' } },
  /^spec: Forbidden: /,
  /^volumeMode: Invalid value: "Block": field is immutable$/,
);

test('A claim that was given attributes is never without', (t) => {
  const rules = rulesOf('', 'PersistentVolumeClaim');
  const stored = created('', 'PersistentVolumeClaim', {
    ...base,
    spec: { ...spec, volumeAttributesClassName: 'gold' },
  });
  const old = differing(stored, { status: { phase: 'Bound', currentVolumeAttributesClassName: 'gold' } }) as KubeObject;
  const told = (name: string | undefined) =>
    rules
      .validateUpdate(differing(old, { spec: { volumeAttributesClassName: name } }) as KubeObject, old)
      .map(({ field, message }) => `${field}: ${message}`);
  t.deepEqual(told('silver'), []);
  t.deepEqual(told(undefined), [
    'spec.volumeAttributesClassName: Forbidden: update to nil is forbidden when status.currentVolumeAttributesClassName is not nil',
  ]);
  t.deepEqual(told(''), [
    'spec.volumeAttributesClassName: Forbidden: update to empty string is forbidden when status.currentVolumeAttributesClassName is not nil',
  ]);
});
