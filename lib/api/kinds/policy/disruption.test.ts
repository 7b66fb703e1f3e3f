// What upstream's own tests of budgets and of roles refuse and take.
import test from 'ava';
import { validateConditions } from '../conditions.ts';
import { validates } from '../testing.ts';

const metadata = { name: 'a', namespace: 'default' };
const budget = validates('policy', 'PodDisruptionBudget', { metadata, spec: { minAvailable: '100%' } });
test('valid', budget, { spec: { unhealthyPodEvictionPolicy: 'AlwaysAllow' } });
test('valid by how many may be gone', budget, { spec: { minAvailable: undefined, maxUnavailable: 0 } });
test(
  'refused with more than all',
  budget,
  { spec: { minAvailable: '101%' } },
  'spec.minAvailable: Invalid value: "101%": must not be greater than 100%',
);
test(
  'refused with both',
  budget,
  { spec: { maxUnavailable: 1 } },
  /^spec: Invalid value: .*: minAvailable and maxUnavailable cannot be both set$/,
);
test(
  'refused with an unknown way to evict',
  budget,
  { spec: { unhealthyPodEvictionPolicy: 'x' } },
  'spec.unhealthyPodEvictionPolicy: Unsupported value: "x": supported values: "AlwaysAllow", "IfHealthyBudget"',
);

const sound = { type: 'A', status: 'True', reason: 'B', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' };
const conditions = test.macro<[readonly object[], ...(readonly string[])]>({
  title: (title) => `validateConditions() ${title}`,
  exec(t, given, ...expected) {
    const causes = validateConditions(given as Parameters<typeof validateConditions>[0], 'c');
    t.deepEqual(
      causes.map(({ field, reason }) => `${field} ${reason}`),
      expected,
    );
  },
});
test('takes a sound one', conditions, [sound]);
test('refuses two of a type', conditions, [sound, sound], 'c[1].type FieldValueDuplicate');
test('refuses a type that is none', conditions, [{ ...sound, type: ':' }], 'c[0].type FieldValueInvalid');
test('refuses an unknown status', conditions, [{ ...sound, status: 'x' }], 'c[0].status FieldValueNotSupported');
test(
  'refuses one without a time',
  conditions,
  [{ ...sound, lastTransitionTime: undefined }],
  'c[0].lastTransitionTime FieldValueRequired',
);
test('refuses one without a reason', conditions, [{ ...sound, reason: '' }], 'c[0].reason FieldValueRequired');
test('refuses a reason in words', conditions, [{ ...sound, reason: 'a b' }], 'c[0].reason FieldValueInvalid');
test('refuses a long story', conditions, [{ ...sound, message: 'x'.repeat(32_769) }], 'c[0].message FieldValueTooLong');

const group = 'rbac.authorization.k8s.io';
const urls = { verbs: ['get'], nonResourceURLs: ['/a'] };
const role = validates(group, 'ClusterRole', { metadata: { name: 'a' }, rules: [urls] });
test('valid', role, {});
test(
  'refused with names of what has none',
  role,
  { rules: [{ ...urls, resourceNames: ['a'] }] },
  'rules[0].nonResourceURLs: Invalid value: ["/a"]: rules cannot apply to both regular resources and non-resource URLs',
);
test(
  'refused where it gathers by a selector that is none',
  role,
  { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { ':': 'a' } }] } },
  /^aggregationRule\.clusterRoleSelectors\[0\]\.matchLabels: Invalid value/,
  'aggregationRule.clusterRoleSelectors[0]: Invalid value: null: invalid label selector.',
);
test(
  'refused for users without a name',
  validates(group, 'ClusterRoleBinding', { metadata: { name: 'a' }, roleRef: { kind: 'ClusterRole', name: 'a' } }),
  { subjects: [{ kind: 'User', name: '' }] },
  'subjects[0].name: Required value',
  'subjects[0].name: Invalid value: "": user name cannot be empty',
);
