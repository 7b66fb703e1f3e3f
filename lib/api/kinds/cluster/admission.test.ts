import test from 'ava';
import { validates } from '../testing.ts';

const group = 'admissionregistration.k8s.io';
const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };
const metadata = { name: 'a' };

const validating = validates(group, 'ValidatingAdmissionPolicy', {
  metadata,
  spec: { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'true' }] },
});
test('right as it is', validating, {});
test(
  'to name resources',
  validating,
  { spec: { matchConstraints: undefined } },
  'spec.matchConstraints: Required value',
);
test(
  'to have rules',
  validating,
  { spec: { matchConstraints: { resourceRules: [] } } },
  'spec.matchConstraints.resourceRules: Required value',
);
test(
  'to validate something',
  validating,
  { spec: { validations: [] } },
  'spec.validations: Required value: validations or auditAnnotations must contain at least one item',
  'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item',
);
test(
  'to know its words',
  validating,
  { spec: { failurePolicy: 'Other', matchConstraints: { matchPolicy: 'Most' } } },
  'spec.failurePolicy: Unsupported value: "Other": supported values: "Fail", "Ignore"',
  'spec.matchConstraints.matchPolicy: Unsupported value: "Most": supported values: "Equivalent", "Exact"',
);
test(
  'to have whole rules',
  validating,
  {
    spec: {
      matchConstraints: {
        resourceRules: [{ ...rule, operations: ['*', 'CREATE'], apiVersions: [''], resources: ['*', 'pods'] }],
      },
    },
  },
  `spec.matchConstraints.resourceRules[0].operations: Invalid value: ["*","CREATE"]: if '*' is present, must not specify other operations`,
  'spec.matchConstraints.resourceRules[0].apiVersions[0]: Required value',
  `spec.matchConstraints.resourceRules[0].resources: Invalid value: ["*","pods"]: if '*' is present, must not specify other resources without subresources`,
);
test(
  'to name its conditions once',
  validating,
  {
    spec: {
      matchConditions: [{ name: 'a', expression: 'true' }, { name: 'a', expression: ' ' }, { expression: 'true' }],
    },
  },
  'spec.matchConditions[1].expression: Required value',
  'spec.matchConditions[1].name: Duplicate value: "a"',
  'spec.matchConditions[2].name: Required value',
);
test(
  'to name its variables well',
  validating,
  {
    spec: {
      variables: [
        { name: 'a-b', expression: '1' },
        { name: 'for', expression: '' },
      ],
    },
  },
  'spec.variables[0].name: Invalid value: "a-b": name is not a valid CEL identifier',
  'spec.variables[1].name: Invalid value: "for": name is not a valid CEL identifier',
  'spec.variables[1].expression: Required value: expression is not specified',
);
test(
  'to give its reasons well',
  validating,
  { spec: { validations: [{ expression: '', message: 'a\nb', messageExpression: ' ', reason: 'Other' }] } },
  'spec.validations[0].expression: Required value: expression is not specified',
  'spec.validations[0].messageExpression: Invalid value: " ": must be non-empty if specified',
  'spec.validations[0].message: Invalid value: "a\\nb": message must not contain line breaks',
  'spec.validations[0].reason: Unsupported value: "Other": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"',
);
test(
  'to take parameters of a kind',
  validating,
  { spec: { paramKind: { apiVersion: 'a/b/c' } } },
  'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
  'spec.paramKind.kind: Required value',
);
test(
  'to annotate by its name',
  validating,
  {
    spec: {
      auditAnnotations: [
        { key: 'k', valueExpression: "'v'" },
        { key: 'k', valueExpression: '' },
      ],
    },
  },
  'spec.auditAnnotations[1].valueExpression: Required value: valueExpression is not specified',
  'spec.auditAnnotations[1].key: Duplicate value: "k"',
);

const mutating = validates(group, 'MutatingAdmissionPolicy', {
  metadata,
  spec: {
    matchConstraints: { resourceRules: [rule] },
    mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{}' } }],
    reinvocationPolicy: 'Never',
  },
});
test('right as it is', mutating, {});
test(
  'to mutate something, and to say how often',
  mutating,
  { spec: { mutations: [], reinvocationPolicy: undefined } },
  'spec.mutations: Required value: mutations must contain at least one item',
  'spec.reinvocationPolicy: Required value',
);
test(
  'not for deletions',
  mutating,
  { spec: { matchConstraints: { resourceRules: [{ ...rule, operations: ['DELETE'] }] } } },
  'spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
);
test(
  'to hold what its patches are',
  mutating,
  {
    spec: {
      mutations: [
        { patchType: 'JSONPatch', applyConfiguration: { expression: 'Object{}' } },
        { patchType: 'Other' },
        { patchType: 'ApplyConfiguration', applyConfiguration: {} },
        {},
      ],
    },
  },
  'spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch',
  'spec.mutations[0].applyConfiguration: Invalid value: "{applyConfiguration}": must not be specified when patchType is JSONPatch',
  'spec.mutations[1].patchType: Unsupported value: "Other": supported values: "ApplyConfiguration", "JSONPatch"',
  'spec.mutations[2].applyConfiguration.expression: Required value',
  'spec.mutations[3].patchType: Required value',
);

const binding = validates(group, 'ValidatingAdmissionPolicyBinding', {
  metadata,
  spec: { policyName: 'a', validationActions: ['Deny'] },
});
test('right as it is', binding, {});
test(
  'to act in one way',
  binding,
  { spec: { policyName: 'A', validationActions: ['Deny', 'Warn', 'Deny', 'Other'] } },
  /spec.policyName: Invalid value: "A": a lowercase RFC 1123 subdomain/,
  'spec.validationActions[2]: Duplicate value: "Deny"',
  'spec.validationActions[3]: Unsupported value: "Other": supported values: "Audit", "Deny", "Warn"',
  /spec.validationActions: Invalid value: .*must not contain both Deny and Warn/,
);
test(
  'to give parameters in one way',
  binding,
  { spec: { paramRef: { name: 'a', selector: {} } } },
  'spec.paramRef.name: Forbidden: name and selector are mutually exclusive',
  'spec.paramRef.selector: Forbidden: name and selector are mutually exclusive',
  'spec.paramRef.parameterNotFoundAction: Required value',
);
test(
  'not for deletions',
  validates(group, 'MutatingAdmissionPolicyBinding', { metadata, spec: { policyName: 'a' } }),
  { spec: { matchResources: { resourceRules: [{ ...rule, operations: ['DELETE'] }] } } },
  'spec.matchResources.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
);

const webhook = {
  name: 'a.b.c',
  clientConfig: { url: 'https://a' },
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
};
test(
  'to have whole rules',
  validates(group, 'ValidatingWebhookConfiguration', { metadata, webhooks: [webhook] }),
  { webhooks: [{ ...webhook, rules: [{ ...rule, apiGroups: [] }] }] },
  'webhooks[0].rules[0].apiGroups: Required value',
);
