import test from 'ava';
import { updates, validates } from '../testing.ts';

const base = { metadata: { name: 'n' }, spec: {}, status: {} };
const nodes = validates('', 'Node', base);
const effects = 'supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"';
test('valid', nodes, {
  spec: { podCIDRs: ['10.0.0.0/24', 'fd00::/64'], taints: [{ key: 'a', effect: 'NoSchedule' }] },
  status: { declaredFeatures: ['A', 'B/c'], nodeInfo: { swap: { capacity: 1 } } },
});
const cases: readonly (readonly [string, unknown, ...(readonly (string | RegExp)[])])[] = [
  [
    'an effect that is none',
    { spec: { taints: [{ key: 'a', effect: 'x' }] } },
    `metadata.taints[0].effect: Unsupported value: "x": ${effects}`,
  ],
  [
    'one taint twice',
    {
      spec: {
        taints: [
          { key: 'a', value: '1', effect: 'NoExecute' },
          { key: 'a', value: '2', effect: 'NoExecute' },
        ],
      },
    },
    /^metadata\.taints\[1\]: Duplicate value: .*: taints must be unique by key and effect pair$/,
  ],
  [
    'two ranges of one family',
    { spec: { podCIDRs: ['10.0.0.0/24', '10.0.0.0/24'] } },
    'spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.0.0.0/24"]: may specify no more than one CIDR for each IP family',
  ],
  [
    'no swap',
    { status: { nodeInfo: { swap: { capacity: 0 } } } },
    'metadata.nodeSwapStatus.capacity: Invalid value: 0: must be greater than zero',
  ],
  [
    'features out of order, twice and in another form',
    { status: { declaredFeatures: ['B', 'A', 'A', 'a'] } },
    'status.declaredFeatures[1]: Invalid value: "A": list must be sorted alphabetically',
    'status.declaredFeatures[2]: Duplicate value: "A"',
    /^status\.declaredFeatures\[3\]: Invalid value: "a": invalid feature name "a": must start with an UpperCamelCase segment/,
  ],
];
for (const [what, difference, ...expected] of cases) test(`refused with ${what}`, nodes, difference, ...expected);

const changes = updates('', 'Node', base);
const map = { namespace: 'a', name: 'b', kubeletConfigKey: 'c' };
test(
  'may not get configuration of a certain version',
  changes,
  { spec: { configSource: { configMap: { ...map, uid: 'u', resourceVersion: '1' } } } },
  /^spec\.configSource\.configMap\.uid: Forbidden: uid must not be set in spec/,
  /^spec\.configSource\.configMap\.resourceVersion: Forbidden: resourceVersion must not be set in spec/,
);
test(
  'may not get configuration of nothing',
  changes,
  { spec: { configSource: {} } },
  /^spec\.configSource: Invalid value: \{\}: exactly one reference subfield must be non-nil/,
);
test(
  'may not change what it is called outside',
  changes,
  { spec: { externalID: 'x' } },
  /^spec\.externalID: Forbidden: may not be updated/,
);
