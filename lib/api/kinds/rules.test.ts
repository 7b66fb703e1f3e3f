// What must hold for every kind that is served.
import test from 'ava';
import type { KubeObject } from '../resource.ts';
import { resourceFacts } from '../schema.ts';
import type { ApiObject } from './object.ts';
import { rulesOf } from './rules.ts';
import { differing, updates, validates } from './testing.ts';

const served = resourceFacts.filter(({ verbs, subresourceOnly }) => verbs.includes('watch') && !subresourceOnly);

for (const { group, kind, version } of served) {
  for (const given of [
    { metadata: { name: 'a' } },
    { metadata: { name: 'a', namespace: 'b' }, spec: {}, status: {} },
  ]) {
    const state = 'spec' in given ? 'empty' : 'bare';
    test(`rulesOf() bear a ${state} ${version} ${kind} of ${group || 'core'}`, (t) => {
      const rules = rulesOf(group, kind);
      const bare = structuredClone(given) as KubeObject;
      t.is(rules.row(bare, 0).cells.length, rules.columns.length);
      t.deepEqual(Object.keys(rules.selectableFields(bare)), [...rules.fieldLabels]);
      const object = structuredClone(given) as ApiObject;
      rules.applyDefaults(object);
      const once = structuredClone(object);
      rules.applyDefaults(object);
      t.deepEqual(object, once, 'defaults change nothing when repeated');
      rules.prepareForCreate(object);
      rules.validate(object);
      const next = structuredClone(object);
      const previous = structuredClone(object);
      rules.prepareForUpdate(next, object);
      rules.validateUpdate(next, object);
      rules.prepareForStatusUpdate(next, object);
      rules.validateStatusUpdate(next, object, 0);
      t.deepEqual(object, previous, 'the previous state stays as it is');
    });
  }
}

const base = { metadata: { name: 'a', namespace: 'default' } };
const is = validates('', 'ServiceAccount', base);
test('valid', is, {});
test(
  'refused without a name',
  is,
  { metadata: { name: '' } },
  'metadata.name: Required value: name or generateName is required',
);
test('refused without a namespace', is, { metadata: { namespace: undefined } }, 'metadata.namespace: Required value');
test('valid with a prefix that ends in a dash', is, { metadata: { generateName: 'a-' } });
test(
  'refused with annotations over 256 KiB',
  is,
  { metadata: { annotations: { a: 'x'.repeat(262_144) } } },
  'metadata.annotations: Too long: may not be more than 262144 bytes',
);
test(
  'refused with an owner without uid',
  is,
  { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'x' }] } },
  'metadata.ownerReferences[0].uid: Invalid value: "": must not be empty',
);
test(
  'refused with two controllers',
  is,
  {
    metadata: {
      ownerReferences: ['x', 'y'].map((name) => ({ apiVersion: 'v1', kind: 'Pod', name, uid: name, controller: true })),
    },
  },
  /Only one reference can have Controller set to true/,
);
test(
  'refused with a bare finalizer',
  is,
  { metadata: { finalizers: ['x'] } },
  /name is neither a standard finalizer name nor is it fully qualified/,
);

const update = updates(
  '',
  'ServiceAccount',
  differing(base, { metadata: { uid: 'u', deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['a/b'] } }),
);
test('may lose a finalizer while it is deleted', update, { metadata: { finalizers: undefined } });
test(
  'may not get one then',
  update,
  { metadata: { finalizers: ['a/b', 'c/d'] } },
  /^metadata\.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers \[\]string\{"c\/d"\}/,
);
test(
  'may not change its uid',
  update,
  { metadata: { uid: 'v' } },
  /^metadata\.uid: Invalid value: "v": field is immutable/,
);

test('rulesOf() leave an unknown kind to the caller', (t) => {
  t.throws(() => rulesOf('example.com', 'Foo'), { instanceOf: TypeError });
});

const short = validates('coordination.k8s.io', 'Lease', base);
test(
  'refused with a bad duration',
  short,
  { spec: { leaseDurationSeconds: 0 } },
  'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
);

test('rulesOf() know which PUT creates and which update needs a version', (t) => {
  t.true(rulesOf('coordination.k8s.io', 'Lease').allowsCreateOnUpdate);
  t.false(rulesOf('coordination.k8s.io', 'Lease').allowsUnconditionalUpdate);
  t.false(rulesOf('', 'Pod').allowsCreateOnUpdate);
  t.is(rulesOf('batch', 'Job').defaultPropagation, 'Orphan');
});
