import test from 'ava';
import { updates, validates } from '../testing.ts';

const group = 'resource.k8s.io';
const pool = { name: 'p', generation: 1, resourceSliceCount: 1 };
const base = { metadata: { name: 'a' }, spec: { driver: 'd.example.com', pool, nodeName: 'n' } };
const slice = validates(group, 'ResourceSlice', base);
const shares = (value: string, requestPolicy: object) => ({
  spec: { devices: [{ name: 'x', allowMultipleAllocations: true, capacity: { m: { value, requestPolicy } } }] },
});
const policy = 'spec.devices[0].capacity[m].requestPolicy';
const [values, range] = [`${policy}.validValues`, `${policy}.validRange`];
const unknown = 'default value is not valid according to the requestPolicy';
const fine = 'value cannot be represented as a milli value';

for (const [title, requestPolicy] of [
  ['neither values nor a range', {}],
  ['a default only, even one that is too much', { default: '20Gi' }],
  ['one value', { default: '1Gi', validValues: ['1Gi'] }],
  ['values', { default: '1Gi', validValues: ['1Gi', '10Gi'] }],
  ['values that are fractions', { default: '100m', validValues: ['100m', '200m', '1'] }],
  ['no values and a range', { default: '1', validValues: [], validRange: { min: '1' } }],
  ['a range with an end', { default: '1Gi', validRange: { min: '1Gi', max: '10Gi' } }],
  ['a range with steps', { default: '1Gi', validRange: { min: '1Gi', step: '1Gi' } }],
  ['a range with an end and steps', { default: '1Gi', validRange: { min: '1Gi', max: '10Gi', step: '1Gi' } }],
  ['a range in steps of thousandths', { default: '200m', validRange: { min: '200m', max: '1', step: '100m' } }],
  ['a range below zero without steps', { default: '-1', validRange: { min: '-1' } }],
] as const) {
  test(`valid with ${title}`, slice, shares('10Gi', requestPolicy));
}

for (const [title, value, requestPolicy, ...expected] of [
  [
    'values and a range',
    '10Gi',
    { default: '1Gi', validValues: ['1Gi'], validRange: { min: '1Gi' } },
    `${policy}: Forbidden: exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time`,
  ],
  [
    'values and no default',
    '1Gi',
    { validValues: ['1Gi'] },
    `${policy}.default: Required value: required when validValues is defined`,
  ],
  [
    'a range and no default',
    '1Gi',
    { default: null, validRange: { min: '1Gi' } },
    `${policy}.default: Required value: required when validRange is defined`,
  ],
  [
    'values beyond the capacity',
    '10Gi',
    { default: '1Gi', validValues: ['20Gi'] },
    `${values}[0]: Invalid value: "20Gi": option is larger than capacity value: 10Gi`,
    `${values}: Invalid value: "1Gi": ${unknown}`,
  ],
  [
    'values that are the same',
    '10Gi',
    { default: '1024', validValues: ['1Ki', '1024', '1500', '1.5k'] },
    `${values}[1]: Duplicate value: "1024"`,
    `${values}[3]: Duplicate value: "1500"`,
  ],
  [
    'fractions that are the same',
    '1',
    { default: '1m', validValues: ['20u', '20u', '1m', '1m'] },
    `${values}[1]: Duplicate value: "0.000020"`,
    `${values}[3]: Duplicate value: "0.001"`,
  ],
  [
    'values in no order',
    '10Gi',
    { default: '1Gi', validValues: ['2Gi', '1Gi'] },
    `${values}[1]: Invalid value: "1Gi": values must be sorted in ascending order`,
  ],
  [
    'too many values',
    '11',
    { default: '1', validValues: Array.from({ length: 11 }, (_, index) => `${index + 1}`) },
    `${values}: Too many: 11: must have at most 10 items`,
    `${values}: Invalid value: "1": ${unknown}`,
  ],
  [
    'a range from nowhere',
    '1Gi',
    { default: '1Gi', validRange: { max: '1Gi' } },
    `${range}.min: Required value: required when validRange is defined`,
  ],
  [
    'a range turned around',
    '10Gi',
    { default: '2Gi', validRange: { min: '20Gi', max: '1Gi' } },
    `${range}.min: Invalid value: "20Gi": min is larger than capacity value: 10Gi`,
    `${range}.default: Invalid value: "2Gi": default is less than min: 20Gi`,
    `${range}.max: Invalid value: "20Gi": min is larger than max: 1Gi`,
    `${range}.default: Invalid value: "2Gi": default is more than max: 1Gi`,
  ],
  [
    'a range beyond the capacity',
    '10Gi',
    { default: '1Gi', validRange: { min: '1Gi', max: '20Gi' } },
    `${range}.max: Invalid value: "20Gi": max is larger than capacity value: 10Gi`,
  ],
  [
    'bounds between steps',
    '10Gi',
    { default: '2Gi', validRange: { min: '1Gi', max: '10Gi', step: '2Gi' } },
    `${range}.step: Invalid value: "2Gi": value is not a multiple of a given step (2Gi) from (1Gi)`,
    `${range}.step: Invalid value: "10Gi": value is not a multiple of a given step (2Gi) from (1Gi)`,
  ],
  [
    'a default between steps of thousandths',
    '1',
    { default: '250m', validRange: { min: '200m', max: '1', step: '100m' } },
    `${range}.step: Invalid value: "250m": value is not a multiple of a given step (100m) from (200m)`,
  ],
  [
    'a default that is a fraction of a step',
    '1',
    { default: '100m', validRange: { min: '0', step: '1' } },
    `${range}.step: Invalid value: "100m": value is not a multiple of a given step (1) from (0)`,
  ],
  [
    'a step that leaves the capacity',
    '10Gi',
    { default: '1Gi', validRange: { min: '1Gi', step: '10Gi' } },
    `${range}.step: Invalid value: "10Gi": one step 11Gi is larger than capacity value: 10Gi`,
  ],
  [
    'no step',
    '10Gi',
    { default: '1Gi', validRange: { min: '1Gi', step: '0' } },
    `${range}.step: Invalid value: "0": must be greater than zero`,
  ],
  [
    'steps from below zero',
    '10Gi',
    { default: '0', validRange: { min: '-1', step: '1' } },
    `${range}.min: Invalid value: "-1": must be greater than or equal to 0`,
  ],
  [
    'bounds that are finer than thousandths',
    '1',
    { default: '20u', validRange: { min: '10u' } },
    `${range}.default: Invalid value: "20u": ${fine}`,
    `${range}.min: Invalid value: "10u": ${fine}`,
  ],
  [
    'bounds of too many thousandths',
    '100P',
    { default: '20P', validRange: { min: '10P', step: '100m' } },
    `${range}.default: Invalid value: "20P": ${fine}`,
    `${range}.min: Invalid value: "10P": ${fine}`,
  ],
] as const) {
  test(`refused with ${title}`, slice, shares(value, requestPolicy), ...expected);
}

const wrong = shares('1Gi', { validValues: ['1Gi'] });
const stored = { ...base, spec: { ...base.spec, ...wrong.spec } };
const [device] = wrong.spec.devices;
test('may keep a wrong policy', updates(group, 'ResourceSlice', stored), { spec: { pool: { generation: 2 } } });
test(
  'may not change a capacity and keep a wrong policy',
  updates(group, 'ResourceSlice', stored),
  { spec: { devices: [{ ...device, capacity: { ...device!.capacity, n: { value: '1' } } }] } },
  /^spec\.devices\[0\]\.capacity\[m\]\.requestPolicy\.default: Required value/,
);
