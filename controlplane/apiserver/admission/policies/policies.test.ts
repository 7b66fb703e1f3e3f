import test, { type ExecutionContext } from 'ava';
import {
  configMaps,
  deployments,
  namespaces,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
} from '#lib/api/resources.ts';
import type {
  ValidatingAdmissionPolicyBindingSpec,
  ValidatingAdmissionPolicySpec,
} from '#lib/api/types/admissionregistration.v1.ts';
import { startTestServer, type TestServer } from '../../../testing.ts';

let server: TestServer;
test.before(async () => {
  server = await startTestServer();
});
test.after.always(() => server.close());

let count = 0;

/** A namespace, and a policy about the ConfigMaps in it. */
async function setUp(
  t: ExecutionContext,
  spec: Partial<ValidatingAdmissionPolicySpec>,
  bound: Partial<ValidatingAdmissionPolicyBindingSpec> = {},
) {
  const { client, signal } = server;
  const name = `p${++count}`;
  await client.create(namespaces, { metadata: { name, labels: { test: name, tier: 'gold' } } }, signal);
  const rule = { operations: ['*' as const], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] };
  const policy = { matchConstraints: { resourceRules: [rule] }, ...spec };
  await client.create(validatingAdmissionPolicies, { metadata: { name }, spec: policy }, signal);
  const binding: ValidatingAdmissionPolicyBindingSpec = {
    policyName: name,
    validationActions: ['Deny'],
    matchResources: { namespaceSelector: { matchLabels: { test: name } } },
    ...bound,
  };
  await client.create(validatingAdmissionPolicyBindings, { metadata: { name }, spec: binding }, signal);
  t.teardown(() => client.delete(validatingAdmissionPolicyBindings, { name }, signal));
  const create = (data: Record<string, string>, other = 'a') =>
    client.create(configMaps, { metadata: { name: other, namespace: name }, data }, signal);
  return { name, create };
}

test('A policy denies what its expression does not hold for', async (t) => {
  const { name, create } = await setUp(t, { validations: [{ expression: "object.data.size == 'small'" }] });
  await create({ size: 'small' });
  const error = await t.throwsAsync(create({ size: 'large' }, 'b'));
  const said = `ValidatingAdmissionPolicy '${name}' with binding '${name}' denied request: failed expression: object.data.size == 'small'`;
  t.is(error.message, `configmaps "b" is forbidden: ${said}`);
  t.like(error, {
    status: { code: 422, reason: 'Invalid', details: { name: 'b', causes: [{ message: said }] } },
  } as never);
});

test('A policy gives its own message and reason, and computes variables once they are wanted', async (t) => {
  const { create } = await setUp(t, {
    variables: [
      { name: 'size', expression: "int(object.data['size'])" },
      { name: 'isBig', expression: 'variables.size > 5' },
    ],
    validations: [
      {
        expression: '!variables.isBig',
        messageExpression: "'too big: ' + string(variables.size)",
        message: 'unused',
        reason: 'Forbidden',
      },
    ],
  });
  await create({ size: '5' });
  const error = await t.throwsAsync(create({ size: '6' }, 'b'));
  t.regex(error.message, /denied request: too big: 6$/);
  t.like(error, { status: { code: 403, reason: 'Forbidden' } } as never);
});

test('matchConditions leave requests out, and namespaceObject, request and authorizer are known', async (t) => {
  const { create, name } = await setUp(t, {
    matchConditions: [{ name: 'not-exempt', expression: "!object.metadata.name.startsWith('exempt')" }],
    validations: [
      { expression: "namespaceObject.metadata.labels.tier == 'gold' && request.operation == 'CREATE'" },
      { expression: "request.userInfo.username == 'kubernetes-admin' && oldObject == null" },
      { expression: "authorizer.group('').resource('pods').namespace('x').check('create').allowed()" },
      {
        expression:
          "!authorizer.serviceAccount('default', 'default').group('').resource('pods').check('create').allowed()",
      },
      { expression: "authorizer.requestResource.check('create').allowed()" },
      { expression: "has(object.data) && 'a' in object.data" },
    ],
  });
  await create({ a: '1' });
  await create({}, 'exempt-1');
  const text = String(await server.client.raw('GET', '/metrics', server.signal));
  const values = `name="${name}",kind="policy",type="validate",operation="CREATE"`;
  t.true(text.includes(`apiserver_admission_match_condition_evaluation_seconds_count{${values}} 2\n`));
  t.true(text.includes(`apiserver_admission_match_condition_exclusions_total{${values}} 1\n`));
  t.regex((await t.throwsAsync(create({ b: '1' }, 'b'))).message, new RegExp(`${name}.*failed expression: has`));
});

test('Parameters come from any kind, all that are selected count', async (t) => {
  const { client, signal } = server;
  const { create, name } = await setUp(
    t,
    {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      matchConditions: [{ name: 'c', expression: "object.metadata.name.startsWith('checked')" }],
      validations: [{ expression: 'int(object.data.size) <= int(params.data.most)' }],
    },
    { paramRef: { selector: { matchLabels: { limit: 'yes' } }, parameterNotFoundAction: 'Deny' } },
  );
  t.regex((await t.throwsAsync(create({ size: '1' }, 'checked-0'))).message, /no params found for policy binding/);
  await client.delete(validatingAdmissionPolicyBindings, { name }, signal);
  for (const most of ['10', '5']) {
    const metadata = { name: `limit-${most}`, namespace: name, labels: { limit: 'yes' } };
    await client.create(configMaps, { metadata, data: { most } }, signal);
  }
  await client.create(
    validatingAdmissionPolicyBindings,
    {
      metadata: { name },
      spec: {
        policyName: name,
        validationActions: ['Deny'],
        paramRef: { selector: { matchLabels: { limit: 'yes' } }, parameterNotFoundAction: 'Deny' },
        matchResources: { namespaceSelector: { matchLabels: { test: name } } },
      },
    },
    signal,
  );
  await create({ size: '5' }, 'checked-1');
  await t.throwsAsync(create({ size: '7' }, 'checked-2'), { message: /failed expression/ });
});

test('What cannot be computed counts as failurePolicy says', async (t) => {
  const validations = [{ expression: 'object.data.missing == 1' }];
  const closed = await setUp(t, { validations });
  t.regex(
    (await t.throwsAsync(closed.create({}))).message,
    /denied request: expression 'object.data.missing == 1' resulted in error: /,
  );
  const open = await setUp(t, { validations, failurePolicy: 'Ignore' });
  await t.notThrowsAsync(open.create({}));
  const text = String(await server.client.raw('GET', '/metrics', server.signal));
  for (const [name, action] of [
    [closed.name, 'deny'],
    [open.name, 'allow'],
  ]) {
    const values = `policy="${name}",policy_binding="${name}",error_type="invalid_error",enforcement_action="${action}"`;
    t.true(text.includes(`apiserver_validating_admission_policy_check_total{${values}} 1`), name);
  }
  t.regex(text, /^apiserver_cel_compilation_duration_seconds_count [1-9]/m);
  t.regex(text, /^apiserver_cel_evaluation_duration_seconds_count [1-9]/m);
});

test('Warn lets pass, and other resources are not asked about', async (t) => {
  const { create, name } = await setUp(
    t,
    { validations: [{ expression: 'false' }] },
    { validationActions: ['Warn', 'Audit'] },
  );
  await t.notThrowsAsync(create({}));
  const { client, signal } = server;
  const labels = { app: 'a' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  const spec = { selector: { matchLabels: labels }, template };
  await t.notThrowsAsync(
    client.create(deployments, { metadata: { name: 'd', namespace: name }, spec } as never, signal),
  );
});

test('A policy whose expression is none is not taken in', async (t) => {
  const refused = setUp(t, { validations: [{ expression: 'object.' }, { expression: "'text'" }] });
  const { message } = await t.throwsAsync(refused);
  t.regex(message, /spec.validations\[0\].expression: Invalid value: .*compilation failed: ERROR/);
  t.regex(message, /spec.validations\[1\].expression: Invalid value: .*must evaluate to bool/);
});

test('A policy warns of what another denies, and both are counted', async (t) => {
  const { name, create } = await setUp(t, { validations: [{ expression: 'false' }] });
  const { client, transport, signal } = server;
  const binding = {
    policyName: name,
    validationActions: ['Warn' as const],
    matchResources: { namespaceSelector: { matchLabels: { test: name } } },
  };
  const later = `${name}-z`;
  await client.create(validatingAdmissionPolicyBindings, { metadata: { name: later }, spec: binding }, signal);
  t.teardown(() => client.delete(validatingAdmissionPolicyBindings, { name: later }, signal));
  await t.throwsAsync(create({}));
  const path = `/api/v1/namespaces/${name}/configmaps`;
  const headers = { 'content-type': 'application/json' };
  const answer = await transport.request({ method: 'POST', path, headers, body: '{"metadata":{"name":"b"}}' }, signal);
  t.is(answer.status, 422);
  t.regex(String(answer.headers['warning']), new RegExp(`Validation failed for .*${later}`));
  const text = String(await client.raw('GET', '/metrics', signal));
  for (const [by, action] of [
    [name, 'deny'],
    [later, 'warn'],
  ]) {
    const values = `policy="${name}",policy_binding="${by}",error_type="no_error",enforcement_action="${action}"`;
    t.true(text.includes(`apiserver_validating_admission_policy_check_total{${values}} 2`));
  }
});
