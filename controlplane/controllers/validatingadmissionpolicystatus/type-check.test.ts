import test from 'ava';
import type { ValidatingAdmissionPolicySpec } from '#lib/api/types/admissionregistration.v1.ts';
import { createTypedChecker } from '#lib/cel/typed.ts';
import { typeWarnings } from './type-check.ts';

const warns = test.macro<[string, Partial<ValidatingAdmissionPolicySpec>, (readonly (readonly [string, string])[])?]>({
  title: (title) => `typeWarnings() ${title}`,
  exec(t, expression, spec, expected = []) {
    const rule = { apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'], operations: ['*' as const] };
    const policy = {
      metadata: { name: 'a' },
      status: {},
      spec: { matchConstraints: { resourceRules: [rule] }, validations: [{ expression }], ...spec },
    };
    t.deepEqual(
      typeWarnings(policy, createTypedChecker).map(({ fieldRef, warning }) => [fieldRef, warning]),
      expected.map(([field, text]) => [field, text]),
    );
  },
});

test('has nothing against what is there', warns, 'object.spec.replicas > 1 && has(object.spec.paused)', {});
test('tells of fields that are not there', warns, 'object.spec.maxReplicas > 1', {}, [
  [
    'spec.validations[0].expression',
    "apps/v1, Kind=Deployment: ERROR: <input>:1:12: undefined field 'maxReplicas'\n | object.spec.maxReplicas > 1\n | ...........^\n",
  ],
]);
test('tells of what does not go together', warns, "object.spec.replicas == 'one'", {}, [
  [
    'spec.validations[0].expression',
    "apps/v1, Kind=Deployment: ERROR: <input>:1:1: found no matching overload for '_==_' applied to '(int, string)'\n | object.spec.replicas == 'one'\n | ^\n",
  ],
]);
test(
  'sees into lists, maps and loops',
  warns,
  "object.spec.template.spec.containers.all(c, c.image != '' && c.env.exists(e, e.none))",
  {},
  [
    [
      'spec.validations[0].expression',
      "apps/v1, Kind=Deployment: ERROR: <input>:1:79: undefined field 'none'\n | object.spec.template.spec.containers.all(c, c.image != '' && c.env.exists(e, e.none))\n | ..............................................................................^\n",
    ],
  ],
);
test(
  'takes quantities for what they may be',
  warns,
  "quantity(object.spec.template.spec.containers[0].resources.limits['cpu']).isLessThan(quantity('1'))",
  {},
);
test(
  'knows variables, parameters and the others by their types',
  warns,
  "variables.count > int(params.data['most']) && request.operation == 'CREATE' && namespaceObject.metadata.name != '' && authorizer.group('').resource('pods').check('get').allowed()",
  {
    paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
    variables: [
      { name: 'spec', expression: 'object.spec' },
      { name: 'count', expression: 'variables.spec.replicas' },
    ],
  },
);
test(
  'tells of variables that are not there',
  warns,
  'variables.none > 1',
  { validations: [{ expression: 'true', messageExpression: 'variables.none' }] },
  [
    [
      'spec.validations[0].messageExpression',
      "apps/v1, Kind=Deployment: ERROR: <input>:1:10: undefined field 'none'\n | variables.none\n | .........^\n",
    ],
  ],
);
test('says nothing where a rule is about all', warns, 'object.none', {
  matchConstraints: { resourceRules: [{ apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], operations: ['*'] }] },
});
