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
