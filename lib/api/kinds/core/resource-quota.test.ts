import test from 'ava';
import { updates, validates } from '../testing.ts';

const base = { metadata: { name: 'a', namespace: 'default' }, spec: { hard: { pods: '1' } } };
const quotas = validates('', 'ResourceQuota', base);
const path = 'spec.scopeSelector.matchExpressions';
const selects = (...matchExpressions: readonly object[]): object => ({ scopeSelector: { matchExpressions } });
const onlyExists =
  "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";

test('valid', quotas, {
  spec: {
    hard: { cpu: '1', 'requests.example.com/a': '1', 'count/pods': '1', 'hugepages-2Mi': '1' },
  },
});
const cases: readonly (readonly [string, object, ...string[]])[] = [
  [
    'a resource that no quota counts',
    { hard: { storage: '1' } },
    'spec.hard[storage]: Invalid value: "storage": must be a standard resource for quota',
  ],
  ['half a pod', { hard: { pods: '500m' } }, 'spec.hard[pods]: Invalid value: "500m": must be an integer'],
  [
    'scopes that exclude each other',
    { scopes: ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating'] },
    ...Array.from(
      { length: 2 },
      () =>
        'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Terminating","NotTerminating"]: conflicting scopes',
    ),
  ],
  [
    'an operator that a scope has not',
    selects({ scopeName: 'CrossNamespacePodAffinity', operator: 'In', values: ['a'] }),
    `${path}.operator: Invalid value: "In": ${onlyExists}`,
  ],
  [
    'values for what is to exist',
    selects({ scopeName: 'PriorityClass', operator: 'Exists', values: ['a'] }),
    `${path}.values: Invalid value: ["a"]: must be no value when \`operator\` is 'Exist' or 'DoesNotExist' for scope selector`,
  ],
  [
    'selected scopes that exclude each other',
    selects({ scopeName: 'Terminating', operator: 'Exists' }, { scopeName: 'NotTerminating', operator: 'Exists' }),
    `${path}: Invalid value: null: conflicting scopes`,
  ],
];
for (const [what, spec, ...expected] of cases) test(`refused with ${what}`, quotas, { spec }, ...expected);
test(
  'refused with an operator of nobody',
  quotas,
  { spec: selects({ scopeName: 'PriorityClass', operator: 'x' }) },
  `${path}.operator: Invalid value: "x": not a valid selector operator`,
);

const scoped = { ...base, spec: { ...base.spec, scopes: ['BestEffort', 'Terminating'] } };
const changes = updates('', 'ResourceQuota', scoped);
test('may list its scopes in another order', changes, { spec: { scopes: ['Terminating', 'BestEffort'] } });
test(
  'may not change its scopes',
  changes,
  { spec: { scopes: ['BestEffort'] } },
  /^spec\.scopes: Invalid value: .*immutable/,
);
