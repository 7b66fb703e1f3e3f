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
  'spec.devices[1].attributes[m]: Invalid value: "": exactly one value must be specified',
  'spec.devices[2].name: Required value',
  'spec.devices[1]: Duplicate value: "x"',
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

const only = (device: object) => ({ spec: { nodeName: 'n', devices: [{ name: 'x', ...device }] } });
const x = 'spec.devices[0]';
test('valid with all there is to say', slice, {
  spec: {
    perDeviceNodeSelection: true,
    devices: [
      {
        name: 'x',
        nodeName: 'n',
        attributes: { 'a.example/b': { version: '1.2.3-alpha.1+b' } },
        capacity: { memory: { value: '1Gi' } },
        taints: [{ key: 'a', effect: 'None' }],
        consumesCounters: [{ counterSet: 'c', counters: { m: { value: '1' } } }],
        bindingConditions: ['a'],
        bindingFailureConditions: ['b'],
      },
    ],
  },
});
for (const [title, device, ...expected] of [
  [
    'a version that is none',
    { attributes: { m: { version: '1.2' } } },
    `${x}.attributes[m].version: Invalid value: "1.2": must be a string compatible with semver.org spec 2.0.0`,
  ],
  [
    'an attribute without a domain',
    { attributes: { '/m': { int: 1 } } },
    `${x}.attributes[/m]: Invalid value: "": the domain must not be empty`,
  ],
  [
    'an attribute that is no name',
    { attributes: { '1': { int: 1 } } },
    /^spec\.devices\[0\]\.attributes\[1\]: Invalid value: "1": a valid C identifier/,
  ],
  [
    'a policy for one user',
    { capacity: { m: { value: '1', requestPolicy: { default: '1' } } } },
    `${x}.capacity[m].requestPolicy: Forbidden: allowMultipleAllocations must be true`,
  ],
  ['a taint of no effect', { taints: [{ key: 'a' }] }, `${x}.taints[0].effect: Required value`],
  [
    'a taint of an unknown effect',
    { taints: [{ key: 'a', effect: 'x' }] },
    `${x}.taints[0].effect: Unsupported value: "x": supported values: "NoExecute", "NoSchedule", "None"`,
  ],
  [
    'counters without a name',
    { consumesCounters: [{ counters: { m: {} } }] },
    `${x}.consumesCounters[0].counterSet: Required value`,
  ],
  ['no counters', { consumesCounters: [{ counterSet: 'c' }] }, `${x}.consumesCounters[0].counters: Required value`],
  [
    'a node of its own',
    { nodeName: 'n' },
    `${x}: Invalid value: null: \`nodeName\`, \`nodeSelector\` and \`allNodes\` can only be set if \`perDeviceNodeSelection\` is set to true in the ResourceSlice spec`,
  ],
  [
    'conditions and no failures',
    { bindingConditions: ['a'] },
    `${x}.bindingFailureConditions: Invalid value: []: bindingFailureConditions are required to use bindingConditions`,
  ],
  [
    'a condition that is a failure',
    { bindingConditions: ['a'], bindingFailureConditions: ['a'] },
    `${x}.bindingFailureConditions[0]: Invalid value: "a": bindingFailureConditions must not overlap with bindingConditions`,
  ],
] as const) {
  test(`refused with ${title}`, slice, only(device), ...expected);
}
const own =
  'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec';
test(
  'refused with a device nowhere',
  slice,
  { spec: { perDeviceNodeSelection: true, devices: [{ name: 'x' }] } },
  `${x}: Required value: ${own}`,
);
test(
  'refused with devices and counters',
  slice,
  { spec: { allNodes: true, devices: [], sharedCounters: [] } },
  'spec: Invalid value: "": only one of `sharedCounters` or `devices` is allowed',
);
test(
  'refused with a set of no counters',
  slice,
  { spec: { allNodes: true, sharedCounters: [{ name: 'c' }] } },
  'spec.sharedCounters[0].counters: Required value',
);
test(
  'refused with a choice of places',
  slice,
  { spec: { nodeSelector: { nodeSelectorTerms: [{ matchFields: [] }, { matchFields: [] }] } } },
  /^spec\.nodeSelector\.nodeSelectorTerms: Invalid value: .*must have exactly one node selector term$/,
);
