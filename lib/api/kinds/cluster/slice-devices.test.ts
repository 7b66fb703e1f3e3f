import test from 'ava';
import type { KubeObject } from '../../resource.ts';
import { rulesOf } from '../rules.ts';
import { validates } from '../testing.ts';

const group = 'resource.k8s.io';
const spec = { driver: 'd.example.com', pool: { name: 'p', generation: 1, resourceSliceCount: 1 } };
const slice = validates(group, 'ResourceSlice', { metadata: { name: 'a' }, spec });
const one = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';

test('valid on one node', slice, { spec: { nodeName: 'n', devices: [{ name: 'x', attributes: { m: { int: 1 } } }] } });
test('valid on all nodes', slice, { spec: { allNodes: true } });
test('refused on no node', slice, {}, `spec: Required value: ${one}`);
test(
  'refused on one node and on all',
  slice,
  { spec: { nodeName: 'n', allNodes: true } },
  `spec: Invalid value: "{\`nodeName\`, \`allNodes\`}": ${one}, but multiple fields are set`,
);
test(
  'refused on not all nodes',
  slice,
  { spec: { nodeName: 'n', allNodes: false } },
  'spec.allNodes: Invalid value: false: must be either unset or set to true',
);
test(
  'refused with devices that cannot be told apart, and say nothing',
  slice,
  { spec: { nodeName: 'n', devices: [{ name: 'x' }, { name: 'x', attributes: { m: {} } }, {}] } },
  'spec.devices[1].name: Duplicate value: "x"',
  'spec.devices[1].attributes[m]: Invalid value: "": exactly one value must be specified',
  'spec.devices[2].name: Required value',
);
test(
  'refused with more devices than it can hold',
  slice,
  { spec: { nodeName: 'n', devices: Array.from({ length: 129 }, (_, index) => ({ name: `x${index}` })) } },
  'spec.devices: Too many: 129: must have at most 128 items',
);

test('A driver in capitals is taken with a warning', (t) => {
  const object = { metadata: { name: 'a' }, spec: { ...spec, nodeName: 'n', driver: 'D.example.com' } };
  const rules = rulesOf(group, 'ResourceSlice');
  t.deepEqual(rules.validate(object as unknown as KubeObject), []);
  t.deepEqual(rules.warnings(object as unknown as KubeObject), [
    'spec.driver: driver names should be lowercase; "D.example.com" contains uppercase characters',
  ]);
});
