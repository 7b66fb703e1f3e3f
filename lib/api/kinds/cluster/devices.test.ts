import test from 'ava';
import { created, updates, validates } from '../testing.ts';

const group = 'resource.k8s.io';
const metadata = { name: 'a', namespace: 'default' };
const exactly = { deviceClassName: 'gpu.example.com' };
const base = { metadata, spec: { devices: { requests: [{ name: 'gpu', exactly }] } } };
const claim = validates(group, 'ResourceClaim', base);
const devices = (difference: object) => ({ spec: { devices: difference } });
const asks = (...requests: readonly object[]) => devices({ requests });
const at = 'spec.devices.requests';

test('a claim is for one device, unless told', (t) => {
  const request = (object: object) =>
    (created(group, 'ResourceClaim', object) as unknown as typeof base).spec.devices.requests[0];
  t.deepEqual(request(base), { name: 'gpu', exactly: { ...exactly, allocationMode: 'ExactCount', count: 1 } } as never);
  const all = { ...exactly, allocationMode: 'All' };
  t.deepEqual(request({ ...base, spec: { devices: { requests: [{ name: 'gpu', exactly: all }] } } }), {
    name: 'gpu',
    exactly: all,
  } as never);
});
test('valid', claim, {});
test('refused without a name for a request', claim, asks({ name: '', exactly }), `${at}[0].name: Required value`);
test(
  'refused with a name twice',
  claim,
  asks({ name: 'a', exactly }, { name: 'a', exactly }),
  `${at}[1]: Duplicate value: "a"`,
);
test(
  'refused without anything asked',
  claim,
  asks({ name: 'a' }),
  `${at}[0]: Required value: exactly one of \`exactly\` or \`firstAvailable\` is required`,
);
test(
  'refused with both ways to ask',
  claim,
  asks({ name: 'a', exactly, firstAvailable: [{ name: 'b', ...exactly }] }),
  `${at}[0]: Invalid value: null: exactly one of \`exactly\` or \`firstAvailable\` is required, but multiple fields are set`,
);
test(
  'refused without a class',
  claim,
  asks({ name: 'a', exactly: { deviceClassName: '' } }),
  `${at}[0].exactly.deviceClassName: Required value`,
);
test(
  'refused with a number below one',
  claim,
  asks({ name: 'a', exactly: { ...exactly, count: -1 } }),
  `${at}[0].exactly.count: Invalid value: -1: must be greater than zero`,
);
test(
  'refused with a number of all',
  claim,
  asks({ name: 'a', exactly: { ...exactly, allocationMode: 'All', count: 2 } }),
  `${at}[0].exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'`,
);
test(
  'refused with selectors that say nothing',
  claim,
  asks({ name: 'a', exactly: { ...exactly, selectors: [{}, { cel: { expression: '' } }] } }),
  `${at}[0].exactly.selectors[0].cel: Required value`,
  `${at}[0].exactly.selectors[1].cel.expression: Required value`,
);
test(
  'refused with more requests than there may be',
  claim,
  asks(...Array.from({ length: 33 }, (_, index) => ({ name: `r${index}`, exactly }))),
  `${at}: Too many: 33: must have at most 32 items`,
);
test(
  'refused with constraints of other requests',
  claim,
  devices({ constraints: [{ requests: ['x'], matchAttribute: 'a.example.com/b' }] }),
  'spec.devices.constraints[0].requests[0]: Invalid value: "x": must be the name of a request in the claim or the name of a request and a subrequest separated by \'/\'',
);
test(
  'refused with settings for no driver',
  claim,
  devices({ config: [{}, { opaque: { driver: '', parameters: {} } }] }),
  'spec.devices.config[0].opaque: Required value',
  'spec.devices.config[1].opaque.driver: Required value',
);
const wishing = (change: object) => asks({ name: 'a', exactly: { ...exactly, ...change } });
for (const [title, difference, ...expected] of [
  [
    'a toleration of no value',
    wishing({ tolerations: [{ key: 'a', operator: 'Exists', value: 'b' }] }),
    `${at}[0].exactly.tolerations[0].value: Invalid value: "b": must be empty for operator \`Exists\``,
  ],
  [
    'a toleration of an unknown effect',
    wishing({ tolerations: [{ key: 'a', effect: 'x' }] }),
    `${at}[0].exactly.tolerations[0].effect: Unsupported value: "x": supported values: "NoExecute", "NoSchedule", "None"`,
  ],
  [
    'a long selector',
    wishing({ selectors: [{ cel: { expression: 'x'.repeat(10_241) } }] }),
    `${at}[0].exactly.selectors[0].cel.expression: Too long: may not be more than 10240 bytes`,
  ],
  [
    'a constraint of nothing',
    devices({ constraints: [{}] }),
    'spec.devices.constraints[0]: Required value: exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set',
  ],
  [
    'an attribute without a domain',
    devices({ constraints: [{ matchAttribute: 'a' }] }),
    'spec.devices.constraints[0].matchAttribute: Invalid value: "a": a fully qualified name must be a domain and a name separated by a slash',
  ],
  [
    'settings that are no object',
    devices({ config: [{ opaque: { driver: 'd.example', parameters: [] } }] }),
    'spec.devices.config[0].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object',
  ],
  [
    'long settings',
    devices({ config: [{ opaque: { driver: 'd.example', parameters: { a: 'x'.repeat(10_240) } } }] }),
    'spec.devices.config[0].opaque.parameters: Too long: may not be more than 10240 bytes',
  ],
] as const) {
  test(`refused with ${title}`, claim, difference, ...expected);
}
test(
  'keeps its spec',
  updates(group, 'ResourceClaim', base),
  asks({ name: 'other', exactly }),
  /^spec: Invalid value: .*: field is immutable$/,
);

const template = { metadata, spec: { spec: base.spec } };
test('valid', validates(group, 'ResourceClaimTemplate', template), {});
test(
  'refused as its claims would be',
  validates(group, 'ResourceClaimTemplate', template),
  { spec: { spec: { devices: { requests: [{ name: 'a' }] } } } },
  /^spec\.spec\.devices\.requests\[0\]: Required value/,
);
test(
  'refused with a selector that says nothing',
  validates(group, 'DeviceClass', { metadata: { name: 'a' }, spec: {} }),
  { spec: { selectors: [{}] } },
  'spec.selectors[0].cel: Required value',
);

const pool = { name: 'p', generation: 1, resourceSliceCount: 1 };
const slice = { metadata: { name: 'a' }, spec: { driver: 'd.example.com', nodeName: 'n', pool } };
test('valid', validates(group, 'ResourceSlice', slice), {});
test(
  'refused without a driver and with no slices',
  validates(group, 'ResourceSlice', slice),
  { spec: { driver: '', pool: { resourceSliceCount: 0 } } },
  'spec.driver: Required value',
  'spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero',
);
test(
  'keeps its driver, pool and node',
  updates(group, 'ResourceSlice', slice),
  { spec: { driver: 'e.example.com', nodeName: 'm', pool: { name: 'q' } } },
  /^spec\.driver: .*field is immutable$/,
  /^spec\.pool\.name: .*field is immutable$/,
  /^spec\.nodeName: .*field is immutable$/,
);
