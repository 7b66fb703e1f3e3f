import test, { type ExecutionContext } from 'ava';
import {
  configMaps,
  deployments,
  mutatingAdmissionPolicies,
  mutatingAdmissionPolicyBindings,
  namespaces,
} from '#lib/api/resources.ts';
import type {
  MutatingAdmissionPolicyBindingSpec,
  MutatingAdmissionPolicySpec,
  Mutation,
} from '#lib/api/types/admissionregistration.v1.ts';
import { startTestServer, type TestServer } from '../../../testing.ts';

let server: TestServer;
test.before(async () => {
  server = await startTestServer();
});
test.after.always(() => server.close());

let count = 0;

/** A namespace, and a policy about the Deployments and ConfigMaps in it. */
async function setUp(
  t: ExecutionContext,
  expressions: readonly string[],
  spec: Partial<MutatingAdmissionPolicySpec> = {},
  bound: Partial<MutatingAdmissionPolicyBindingSpec> = {},
  named?: string,
) {
  const { client, signal } = server;
  const namespace = named ?? `m${++count}`;
  const name = named === undefined ? namespace : `${namespace}-${++count}`;
  if (named === undefined)
    await client.create(namespaces, { metadata: { name: namespace, labels: { test: namespace } } }, signal);
  const operations = ['CREATE' as const, 'UPDATE' as const];
  const resourceRules = [
    { operations, apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] },
    { operations, apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] },
  ];
  const mutations = expressions.map(
    (expression): Mutation =>
      /^\s*\[/.test(expression)
        ? { patchType: 'JSONPatch', jsonPatch: { expression } }
        : { patchType: 'ApplyConfiguration', applyConfiguration: { expression } },
  );
  const policy = { matchConstraints: { resourceRules }, mutations, reinvocationPolicy: 'Never' as const, ...spec };
  await client.create(mutatingAdmissionPolicies, { metadata: { name }, spec: policy }, signal);
  const binding = {
    policyName: name,
    matchResources: { namespaceSelector: { matchLabels: { test: namespace } } },
    ...bound,
  };
  await client.create(mutatingAdmissionPolicyBindings, { metadata: { name }, spec: binding }, signal);
  t.teardown(async () => {
    await client.delete(mutatingAdmissionPolicyBindings, { name }, signal);
  });
  const labels = { app: 'a' };
  const deploy = () => {
    const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    const deployment = { metadata: { name: 'd', namespace }, spec: { selector: { matchLabels: labels }, template } };
    return client.create(deployments, deployment as never, signal);
  };
  const create = (data: Record<string, string>, other = 'a') =>
    client.create(configMaps, { metadata: { name: other, namespace }, data }, signal);
  return { name: namespace, deploy, create };
}

test('An apply configuration adds annotations', async (t) => {
  const { deploy } = await setUp(t, [
    `Object{
      metadata: Object.metadata{
        annotations: {"mutated-by": "admission-policy"}
      }
    }`,
  ]);
  t.is((await deploy()).metadata.annotations?.['mutated-by'], 'admission-policy');
});

test('An apply configuration merges lists by their keys, and uses what the policy names', async (t) => {
  const { deploy } = await setUp(
    t,
    [
      `Object{spec: Object.spec{
        ?replicas: variables.wanted,
        template: Object.spec.template{spec: Object.spec.template.spec{
          containers: object.spec.template.spec.containers.map(c,
            Object.spec.template.spec.containers{name: c.name, imagePullPolicy: 'Never'}) +
            [Object.spec.template.spec.containers{name: 'side', image: 'j'}]}}}}`,
    ],
    { variables: [{ name: 'wanted', expression: 'optional.of(object.spec.replicas + 2)' }] },
  );
  const { spec } = await deploy();
  t.is(spec?.replicas, 3);
  t.like(spec?.template.spec?.containers, [
    { name: 'c', image: 'i', imagePullPolicy: 'Never' },
    { name: 'side', image: 'j', terminationMessagePath: '/dev/termination-log' },
  ] as never);
});

test('A JSON patch changes what its paths name, and not at all if a test in it fails', async (t) => {
  const { create } = await setUp(t, [
    `[
      JSONPatch{op: "test", path: "/data/size", value: "1"},
      JSONPatch{op: "add", path: "/metadata/labels", value: {"a": "b"}},
      JSONPatch{op: "add", path: "/metadata/labels/" + jsonpatch.escapeKey("example.com/x"), value: "y"},
      JSONPatch{op: "add", path: "/data/count", value: string(size(object.data))}
    ]`,
  ]);
  const changed = await create({ size: '1' });
  t.deepEqual(changed.metadata.labels, { a: 'b', 'example.com/x': 'y' });
  t.deepEqual(changed.data, { size: '1', count: '1' });
  t.deepEqual((await create({ size: '2' }, 'b')).data, { size: '2' });
});

test('Conditions leave requests out, and mutations follow each other', async (t) => {
  const { create } = await setUp(t, ['Object{data: {"a": "1"}}', 'Object{data: {"b": object.data.a + "2"}}'], {
    matchConditions: [{ name: 'c', expression: "object.metadata.name == 'a'" }],
  });
  t.deepEqual((await create({ x: 'y' })).data, { x: 'y', a: '1', b: '12' });
  t.deepEqual((await create({ x: 'y' }, 'b')).data, { x: 'y' });
});

test('Parameters are given, one after the other', async (t) => {
  const { client, signal } = server;
  const paramKind = { apiVersion: 'v1', kind: 'ConfigMap' };
  const matchConditions = [{ name: 'c', expression: "object.metadata.name.startsWith('a')" }];
  const { create, name } = await setUp(
    t,
    ['Object{data: {params.metadata.name: params.data.value}}'],
    { paramKind, matchConditions },
    { paramRef: { selector: { matchLabels: { param: 'yes' } }, parameterNotFoundAction: 'Deny' } },
  );
  const refused = await t.throwsAsync(create({}));
  t.regex(refused.message, /policy 'm\d+' with binding 'm\d+' denied request: failed to configure binding: no params/);
  t.like(refused, { status: { code: 403, reason: 'Forbidden' } } as never);
  await client.delete(mutatingAdmissionPolicyBindings, { name }, signal);
  for (const value of ['p1', 'p2']) {
    const metadata = { name: value, namespace: name, labels: { param: 'yes' } };
    await client.create(configMaps, { metadata, data: { value } }, signal);
  }
  const spec = {
    policyName: name,
    paramRef: { selector: { matchLabels: { param: 'yes' } }, parameterNotFoundAction: 'Deny' as const },
    matchResources: { namespaceSelector: { matchLabels: { test: name } } },
  };
  await client.create(mutatingAdmissionPolicyBindings, { metadata: { name }, spec }, signal);
  t.deepEqual((await create({}, 'a1')).data, { p1: 'p1', p2: 'p2' });
});

test('What comes later may call for another look, if the policy wants one', async (t) => {
  const first = await setUp(t, ['Object{data: {"seen": string(size(object.data))}}'], {
    reinvocationPolicy: 'IfNeeded',
  });
  await setUp(t, ['Object{data: {"late": "yes"}}'], {}, {}, first.name);
  t.deepEqual((await first.create({ x: 'y' })).data, { x: 'y', late: 'yes', seen: '3' });
});

test('What cannot be applied counts as failurePolicy says', async (t) => {
  const misnamed = 'Object{spec: Object.wrong{replicas: 2}}';
  const closed = await setUp(t, [misnamed]);
  const error = await t.throwsAsync(closed.deploy());
  t.is(
    error.message,
    `policy '${closed.name}' with binding '${closed.name}' denied request: type mismatch: unexpected type name "Object.wrong", expected "Object.spec", which matches field name path from root Object type`,
  );
  t.like(error, { status: { code: 403, reason: 'Invalid' } } as never);
  const open = await setUp(t, [misnamed, 'Object{spec: Object.spec{replicas: 4}}'], { failurePolicy: 'Ignore' });
  t.is((await open.deploy()).spec?.replicas, 4);
  const text = String(await server.client.raw('GET', '/metrics', server.signal));
  for (const [name, outcome] of [
    [closed.name, 'invalid_error'],
    [open.name, 'invalid_error'],
    [open.name, 'no_error'],
  ]) {
    const values = `policy="${name}",policy_binding="${name}",error_type="${outcome}"`;
    t.true(text.includes(`apiserver_mutating_admission_policy_check_total{${values}} 1`), values);
  }
  const whole = await setUp(t, ['Object{spec: Object.spec{selector: Object.spec.selector{matchLabels: {"a": "b"}}}}']);
  t.regex(
    (await t.throwsAsync(whole.deploy())).message,
    /error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.selector$/,
  );
  const unknown = await setUp(t, ['Object{spec: Object.spec{none: 1}}']);
  t.regex((await t.throwsAsync(unknown.deploy())).message, /typed object: .spec.none: field not declared in schema$/);
});

test('A policy whose expression makes something else is not taken in', async (t) => {
  const { message } = await t.throwsAsync(
    setUp(t, ["'text'", 'Object{', '[1]', 'Other{}', '[JSONPatch{unknown: 1}]', '[Object{}]']),
  );
  for (const [index, kind, why] of [
    [0, 'applyConfiguration', 'must evaluate to Object'],
    [1, 'applyConfiguration', 'ERROR: '],
    [2, 'jsonPatch', 'must evaluate to list\\(JSONPatch\\)'],
    [3, 'applyConfiguration', "undeclared reference to 'Other'"],
    [4, 'jsonPatch', "undefined field 'unknown'"],
    [5, 'jsonPatch', 'must evaluate to list\\(JSONPatch\\)'],
  ]) {
    t.regex(message, new RegExp(`spec.mutations\\[${index}\\].${kind}.expression: Invalid value: .*${why}`, 's'));
  }
});
