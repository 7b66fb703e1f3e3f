import test from 'ava';
import { validates } from '../testing.ts';

const ranges = validates('', 'LimitRange', { metadata: { name: 'a', namespace: 'default' } });
const limits = (...all: readonly object[]): object => ({ spec: { limits: all } });

test(
  'valid',
  ranges,
  limits({ type: 'Pod', max: { cpu: '2' }, min: { cpu: '1' }, maxLimitRequestRatio: { cpu: '2' } }),
);
test('valid for claims', ranges, limits({ type: 'PersistentVolumeClaim', max: { storage: '1Gi' } }));
test('valid for a type of others', ranges, limits({ type: 'example.com/a', max: { storage: '1Gi' } }));

const cases: readonly (readonly [string, object, ...string[]])[] = [
  [
    'an unknown type',
    limits({ type: 'x' }),
    'spec.limits[0].type: Invalid value: "x": must be a standard limit type or fully qualified',
  ],
  ['one type twice', limits({ type: 'Pod' }, { type: 'Pod' }), 'spec.limits[1].type: Duplicate value: "Pod"'],
  [
    'a resource that containers do not have',
    limits({ type: 'Pod', max: { storage: '1' } }),
    'spec.limits[0].max[storage]: Invalid value: "storage": must be a standard resource for containers',
  ],
  [
    'defaults for pods',
    limits({ type: 'Pod', default: { cpu: '1' }, defaultRequest: { cpu: '1' } }),
    "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
    "spec.limits[0].defaultRequest: Forbidden: may not be specified when `type` is 'Pod'",
  ],
  [
    'no size for claims',
    limits({ type: 'PersistentVolumeClaim' }),
    'spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided',
  ],
  [
    'a minimum above the maximum',
    limits({ type: 'Pod', min: { cpu: '2' }, max: { cpu: '1' } }),
    'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
  ],
  [
    'a default above the maximum',
    limits({ type: 'Container', default: { cpu: '2' }, defaultRequest: { cpu: '1' }, max: { cpu: '1' } }),
    'spec.limits[0].default[cpu]: Invalid value: "1": default value 2 is greater than max value 1',
  ],
  [
    'a ratio below one',
    limits({ type: 'Pod', maxLimitRequestRatio: { cpu: '800m' } }),
    'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "800m": ratio 800m is less than 1',
  ],
  [
    'a ratio that cannot be',
    limits({ type: 'Pod', min: { memory: '1Gi' }, max: { memory: '2Gi' }, maxLimitRequestRatio: { memory: '10' } }),
    'spec.limits[0].maxLimitRequestRatio[memory]: Invalid value: "10": ratio 10 is greater than max/min = 2.000000',
  ],
  [
    'defaults that differ where they may not',
    limits({ type: 'Container', default: { 'example.com/a': '2' }, defaultRequest: { 'example.com/a': '1' } }),
    'spec.limits[0].defaultRequest[example.com/a]: Invalid value: "1": default value 2 must equal to defaultRequest value 1 in example.com/a',
  ],
];
for (const [what, difference, ...expected] of cases) test(`refused with ${what}`, ranges, difference, ...expected);
