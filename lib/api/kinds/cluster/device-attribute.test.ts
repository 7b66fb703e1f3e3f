import test from 'ava';
import type { KubeObject } from '../../resource.ts';
import { rulesOf } from '../rules.ts';
import { differing } from '../testing.ts';

const pool = { name: 'p', generation: 1, resourceSliceCount: 1 };
const base = { metadata: { name: 'a' }, spec: { driver: 'd.example.com', pool, nodeName: 'n' } };
/** Not by a create: lists come from where they are on. */
const slice = test.macro<[unknown, ...(readonly string[])]>({
  title: (title) => `ResourceSlice is ${title}`,
  exec(t, difference, ...expected) {
    const causes = rulesOf('resource.k8s.io', 'ResourceSlice').validate(differing(base, difference) as KubeObject);
    t.deepEqual(
      causes.map(({ field, message }) => `${field}: ${message}`),
      expected,
    );
  },
});
const only = (attributes: object) => ({ spec: { devices: [{ name: 'x', attributes }] } });
const [x, m] = ['spec.devices[0]', 'spec.devices[0].attributes[m]'];
const semantic = 'must be a string compatible with semver.org spec 2.0.0';
const numbers = (length: number) => Array.from({ length }, (_, index) => index);
const devices = (count: number, attributes: object) => ({
  spec: { devices: numbers(count).map((index) => ({ name: `x${index}`, attributes })) },
});

test('valid with lists', slice, only({ a: { ints: [1, 1] }, b: { bools: [true] }, c: { versions: ['1.2.3'] } }));
test('valid with as many values as there may be', slice, only({ a: { ints: numbers(47) }, b: { strings: ['a'] } }));
for (const [title, attributes, ...expected] of [
  [
    'empty lists',
    { m: { ints: [] }, n: { strings: [] } },
    `${m}.ints: Invalid value: []: must not be empty if specified`,
    `${x}.attributes[n].strings: Invalid value: []: must not be empty if specified`,
  ],
  [
    'a value and a list',
    { m: { int: 1, ints: [2] } },
    `${m}: Invalid value: {"int":1,"ints":[2]}: exactly one value must be specified`,
  ],
  ['a long text, by bytes', { m: { string: 'ä'.repeat(33) } }, `${m}.string: Too long: may not be more than 64 bytes`],
  [
    'a long text in a list',
    { m: { strings: ['a', 'x'.repeat(65)] } },
    `${m}.strings[1]: Too long: may not be more than 64 bytes`,
  ],
  [
    'versions that are none',
    { m: { versions: ['1.2.3', '1.2', `1.2.3+${'x'.repeat(60)}`] } },
    `${m}.versions[1]: Invalid value: "1.2": ${semantic}`,
    `${m}.versions[2]: Too long: may not be more than 64 bytes`,
  ],
  [
    'more values than there may be',
    { m: { ints: numbers(48) }, n: { int: 1 } },
    `${x}: Invalid value: 49: the total number of attribute values must not exceed 48`,
  ],
] as const) {
  test(`refused with ${title}`, slice, only(attributes), ...expected);
}
test('valid with many devices of single values', slice, devices(65, { m: { int: 1 } }));
test(
  'refused with many devices of lists',
  slice,
  devices(65, { m: { ints: [1] } }),
  'spec.devices: Too many: 65: must have at most 64 items',
);
