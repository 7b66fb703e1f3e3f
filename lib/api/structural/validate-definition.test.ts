import test from 'ava';
import type { CustomResourceDefinition } from '../types/apiextensions.v1.ts';
import { validateDefinition } from './validate-definition.ts';

/** Fields that are wrong with a definition of these versions. */
function wrong(...versions: readonly object[]): readonly (string | undefined)[] {
  const names = { plural: 'tabs', singular: 'tab', kind: 'Tab', listKind: 'TabList' };
  const all = versions.map((version, index) => ({
    name: `v${index + 1}`,
    served: true,
    storage: index === 0,
    ...version,
  }));
  const definition = {
    metadata: { name: 'tabs.example.com' },
    spec: { group: 'example.com', scope: 'Namespaced', names, versions: all },
    status: { storedVersions: ['v1'] },
  } as unknown as CustomResourceDefinition;
  return validateDefinition(definition).map(({ field }) => field);
}

const schemaOf = (properties: object) => ({ schema: { openAPIV3Schema: { type: 'object', properties } } });
const good = schemaOf({});
const bad = schemaOf({ a: {} });

test('What all versions have alike is wrong once, and of the definition as a whole', (t) => {
  t.deepEqual(wrong(bad), ['spec.validation.openAPIV3Schema.properties[a].type']);
  t.deepEqual(wrong(bad, bad), ['spec.validation.openAPIV3Schema.properties[a].type']);
  t.deepEqual(wrong({ ...good, additionalPrinterColumns: [{ name: 'a', type: 'x', jsonPath: '.a' }] }), [
    'spec.additionalPrinterColumns[0].type',
  ]);
  t.deepEqual(wrong({ ...good, subresources: { scale: {} } }), [
    'spec.subresources.scale.specReplicasPath',
    'spec.subresources.scale.statusReplicasPath',
  ]);
});

test('What is of one version is wrong there', (t) => {
  t.deepEqual(wrong(good, bad), ['spec.versions[1].schema.openAPIV3Schema.properties[a].type']);
  t.deepEqual(wrong({}), ['spec.versions[0].schema.openAPIV3Schema']);
});

test('Versions that were stored stay known, and the one that stores is among them', (t) => {
  const of = (...storedVersions: readonly string[]) => {
    const names = { plural: 'tabs', singular: 'tab', kind: 'Tab', listKind: 'TabList' };
    const versions = [{ name: 'v1', served: true, storage: true, ...good }];
    const spec = { group: 'example.com', scope: 'Namespaced', names, versions };
    const definition = { metadata: { name: 'tabs.example.com' }, spec, status: { storedVersions } };
    return validateDefinition(definition as unknown as CustomResourceDefinition).map((one) => [one.field, one.message]);
  };
  t.deepEqual(of('v1'), []);
  t.deepEqual(of(), [['status.storedVersions', 'Invalid value: []: must have at least one stored version']]);
  t.deepEqual(of('v1', 'v0'), [['status.storedVersions[1]', 'Invalid value: "v0": must appear in spec.versions']]);
  t.regex(of('v0')[0]?.[1] ?? '', /must have the storage version v1$/);
});
