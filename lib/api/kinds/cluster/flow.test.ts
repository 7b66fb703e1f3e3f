import test from 'ava';
import { validates } from '../testing.ts';

const group = 'flowcontrol.apiserver.k8s.io';
const resources = { verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['*'] };
const rule = { subjects: [{ kind: 'User', user: { name: 'a' } }], resourceRules: [resources] };
const schema = validates(group, 'FlowSchema', {
  metadata: { name: 'a' },
  spec: { matchingPrecedence: 50, priorityLevelConfiguration: { name: 'b' }, rules: [rule] },
});
const withRule = (difference: object) => ({ spec: { rules: [{ ...rule, ...difference }] } });
const withResources = (difference: object) => withRule({ resourceRules: [{ ...resources, ...difference }] });
const at = 'spec.rules[0].resourceRules[0]';

test('valid', schema, {});
test(
  'refused without a level',
  schema,
  { spec: { priorityLevelConfiguration: { name: '' } } },
  'spec.priorityLevelConfiguration.name: Required value: must reference a priority level',
);
test(
  'refused as the first',
  schema,
  { spec: { matchingPrecedence: 1 } },
  "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
);
test(
  'refused after the last',
  schema,
  { spec: { matchingPrecedence: 10_001 } },
  'spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000',
);
test(
  'refused with another way to tell flows apart',
  schema,
  { spec: { distinguisherMethod: { type: 'x' } } },
  'spec.distinguisherMethod.type: Unsupported value: "x": supported values: "ByNamespace", "ByUser"',
);
test(
  'refused without subjects',
  schema,
  withRule({ subjects: [] }),
  'spec.rules[0].subjects: Required value: subjects must contain at least one value',
);
test(
  'refused with rules for nothing',
  schema,
  withRule({ resourceRules: [] }),
  'spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty',
);
test(
  'refused with subjects that are none',
  schema,
  withRule({
    subjects: [
      { kind: 'x' },
      { kind: 'User' },
      { kind: 'Group', group: { name: 'a' }, user: { name: 'b' } },
      { kind: 'ServiceAccount', serviceAccount: { name: 'a', namespace: '' } },
    ],
  }),
  'spec.rules[0].subjects[0].kind: Unsupported value: "x": supported values: "Group", "ServiceAccount", "User"',
  "spec.rules[0].subjects[1].user: Required value: user is required when subject kind is 'User'",
  "spec.rules[0].subjects[2].user: Forbidden: user is forbidden when subject kind is not 'User'",
  'spec.rules[0].subjects[3].serviceAccount.namespace: Required value: must specify namespace for service account',
);
test(
  'refused with a star and more',
  schema,
  withResources({ verbs: ['*', 'get'], apiGroups: ['*', 'apps'], resources: ['*', 'pods'], namespaces: ['*', 'a'] }),
  `${at}.verbs: Invalid value: ["*","get"]: if '*' is present, must not specify other verbs`,
  `${at}.apiGroups: Invalid value: ["*","apps"]: if '*' is present, must not specify other api groups`,
  `${at}.resources: Invalid value: ["*","pods"]: if '*' is present, must not specify other resources`,
  `${at}.namespaces: Invalid value: ["*","a"]: if '*' is present, must not specify other namespaces`,
);
test(
  'refused with rules that say nothing',
  schema,
  withResources({ verbs: [], apiGroups: [], resources: [], namespaces: [] }),
  `${at}.verbs: Required value: verbs must contain at least one value`,
  `${at}.apiGroups: Required value: resource rules must supply at least one api group`,
  `${at}.resources: Required value: resource rules must supply at least one resource`,
  `${at}.namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace`,
);
test('valid for what belongs to no namespace', schema, withResources({ namespaces: [], clusterScope: true }));
const urls = (...nonResourceURLs: readonly string[]) =>
  withRule({ resourceRules: [], nonResourceRules: [{ verbs: ['get'], nonResourceURLs }] });
test('valid for paths', schema, urls('/', '/a', '/a/*'));
test(
  'refused with paths that are none',
  schema,
  urls('a', '/a b', '/a//b', '/a*', '/*/b'),
  'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "a": must start with slash',
  'spec.rules[0].nonResourceRules[0].nonResourceURLs[1]: Invalid value: "/a b": must not contain white-space',
  'spec.rules[0].nonResourceRules[0].nonResourceURLs[2]: Invalid value: "/a//b": must not contain double slash',
  'spec.rules[0].nonResourceRules[0].nonResourceURLs[3]: Invalid value: "/a*": wildcard can only do suffix matching',
  'spec.rules[0].nonResourceRules[0].nonResourceURLs[4]: Invalid value: "/*/b": wildcard can only do suffix matching',
);

const queuing = { queues: 64, handSize: 8, queueLengthLimit: 50 };
const level = validates(group, 'PriorityLevelConfiguration', {
  metadata: { name: 'a' },
  spec: { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing } } },
});
const limited = (difference: object) => ({ spec: { limited: difference } });
const queues = (difference: object) => limited({ limitResponse: { queuing: difference } });
const field = 'spec.limited.limitResponse';
test('valid', level, {});
test(
  'refused as exempt by another name',
  level,
  { spec: { type: 'Exempt', limited: undefined } },
  "spec.type: Invalid value: \"Exempt\": type must be 'Exempt' if and only if name is 'exempt'",
);
test(
  'refused without limits',
  level,
  { spec: { limited: undefined } },
  'spec.limited: Required value: must not be empty when type is Limited',
);
test('refused as both', level, { spec: { exempt: {} } }, 'spec.exempt: Forbidden: must be nil if the type is Limited');
test(
  'refused with shares below zero',
  level,
  limited({ nominalConcurrencyShares: -1, lendablePercent: 101, borrowingLimitPercent: -1 }),
  'spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer',
  'spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive',
  'spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer',
);
test(
  'refused with queues that reject',
  level,
  limited({ limitResponse: { type: 'Reject' } }),
  `${field}.queuing: Forbidden: must be nil if limited.limitResponse.type is not Limited`,
);
test(
  'refused without queues',
  level,
  limited({ limitResponse: { queuing: undefined } }),
  `${field}.queuing: Required value: must not be empty if limited.limitResponse.type is Limited`,
);
test(
  'refused with larger hands than there are queues',
  level,
  queues({ queues: 4 }),
  `${field}.queuing.handSize: Invalid value: 8: should not be greater than queues (4)`,
);
test(
  'refused with too many hands',
  level,
  queues({ queues: 1024 }),
  `${field}.queuing.handSize: Invalid value: 8: required entropy bits of deckSize 1024 and handSize 8 should not be greater than 60`,
);

test(
  'refused as another exempt flow',
  schema,
  { metadata: { name: 'exempt' }, spec: { matchingPrecedence: 1 } },
  /^spec: Invalid value: .*: spec of 'exempt' must equal the fixed value$/,
);
test(
  'refused as another last level',
  level,
  { metadata: { name: 'catch-all' } },
  /^spec: Invalid value: .*: spec of 'catch-all' must equal the fixed value$/,
);
const exempt = (difference: object) => ({
  metadata: { name: 'exempt' },
  spec: { type: 'Exempt', limited: undefined, ...difference },
});
test('valid as the exempt level that lends', level, exempt({ exempt: { lendablePercent: 50 } }));
