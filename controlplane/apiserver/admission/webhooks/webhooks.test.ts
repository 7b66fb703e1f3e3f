import test, { type ExecutionContext } from 'ava';
import {
  configMaps,
  horizontalPodAutoscalers,
  mutatingWebhookConfigurations,
  namespaces,
  pods,
  serviceAccounts,
  services,
  validatingWebhookConfigurations,
} from '#lib/api/resources.ts';
import type { MutatingWebhook } from '#lib/api/types/admissionregistration.v1.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { startTestServer, type TestServer } from '../../../testing.ts';
import { startWebhooks, type WebhookServer } from './testing.ts';

let server: TestServer;
let hooks: WebhookServer;
test.before(async () => {
  hooks = await startWebhooks(['127.0.0.1', 'hook.default.svc']);
  server = await startTestServer();
});
test.after.always(async () => {
  await server.close();
  hooks.close();
});

let count = 0;

/** A namespace, and a webhook that is called for what happens in it. */
async function setUp(
  t: ExecutionContext,
  kind: 'mutating' | 'validating',
  changes: readonly Partial<MutatingWebhook>[],
) {
  const { client, signal } = server;
  const name = `t${++count}`;
  await client.create(namespaces, { metadata: { name, labels: { test: name } } }, signal);
  const webhooks = changes.map((change, index): MutatingWebhook => {
    const { clientConfig, ...rest } = change;
    return {
      name: `w${index}.example.com`,
      rules: [{ operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps', 'pods', 'pods/*'] }],
      namespaceSelector: { matchLabels: { test: name } },
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      clientConfig: clientConfig ?? { url: urlOf(`/${name}/${index}`), caBundle: hooks.caBundle },
      ...rest,
    };
  });
  const metadata = { name };
  const made =
    kind === 'mutating'
      ? client.create(mutatingWebhookConfigurations, { metadata, webhooks }, signal)
      : client.create(validatingWebhookConfigurations, { metadata, webhooks: webhooks.map(withoutPolicy) }, signal);
  await made;
  t.teardown(async () => {
    const resource = kind === 'mutating' ? mutatingWebhookConfigurations : validatingWebhookConfigurations;
    await client.delete(resource as typeof mutatingWebhookConfigurations, { name }, signal);
  });
  const create = (data: Record<string, string> = {}, options: { dryRun?: boolean } = {}) =>
    client.create(configMaps, { metadata: { name: 'a', namespace: name }, data }, signal, options);
  return { namespace: name, path: (index: number) => `/${name}/${index}`, create };
}

function urlOf(path: string): string {
  return `https://127.0.0.1:${hooks.port}${path}`;
}

function withoutPolicy({ reinvocationPolicy: _, ...webhook }: MutatingWebhook) {
  return webhook;
}

const set = (key: string) => ({ op: 'add', path: `/data/${key}`, value: 'set' });

test('A mutating webhook changes what is stored, and sees who does what', async (t) => {
  const { create, path, namespace } = await setUp(t, 'mutating', [{}, {}]);
  hooks.on(path(0), () => ({ patch: [set('one')], warnings: ['mind the gap'] }));
  hooks.on(path(1), ({ object }) => ({
    patch: (object as { data: object }).data['one' as never] ? [set('two')] : [],
  }));
  t.deepEqual((await create({ zero: '0' })).data, { zero: '0', one: 'set', two: 'set' });
  t.like(hooks.asked(path(0))[0], {
    operation: 'CREATE',
    name: 'a',
    namespace,
    kind: { group: '', version: 'v1', kind: 'ConfigMap' },
    resource: { group: '', version: 'v1', resource: 'configmaps' },
    userInfo: { username: 'kubernetes-admin' },
    object: { kind: 'ConfigMap', apiVersion: 'v1', data: { zero: '0' } },
    oldObject: null,
    dryRun: false,
    options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
  } as never);
});

test('A changed pod gets its defaults, and the other plugins see it again', async (t) => {
  const { path, namespace } = await setUp(t, 'mutating', [{}]);
  const container = { name: 'added', image: 'x' };
  hooks.on(path(0), () => ({ patch: [{ op: 'add', path: '/spec/initContainers', value: [container] }] }));
  const pod = {
    metadata: { name: 'p', namespace },
    spec: { containers: [{ name: 'c', image: 'x' }], automountServiceAccountToken: false },
  };
  await server.client.create(serviceAccounts, { metadata: { name: 'default', namespace } }, server.signal);
  const made = (await server.client.create(pods, pod as never, server.signal)) as Pod;
  t.like(made.spec?.initContainers?.[0], { name: 'added', terminationMessagePath: '/dev/termination-log' });
});

test('Under IfNeeded a webhook is called again after a later one changed something', async (t) => {
  const { create, path } = await setUp(t, 'mutating', [{ reinvocationPolicy: 'IfNeeded' }, {}]);
  hooks.on(path(0), () => ({}));
  hooks.on(path(1), () => ({ patch: [set('one')] }));
  await create();
  t.is(hooks.asked(path(0)).length, 2);
  t.is(hooks.asked(path(1)).length, 1);
});

test('A validating webhook refuses in upstream’s words', async (t) => {
  const { create, path, namespace } = await setUp(t, 'validating', [{}]);
  hooks.on(path(0), () => ({
    allowed: false,
    status: { message: 'no such thing', reason: 'because', code: 403 } as never,
  }));
  const error = await t.throwsAsync(create());
  t.is(error.message, 'admission webhook "w0.example.com" denied the request: no such thing');
  t.like(error, { status: { code: 403, reason: 'because', status: 'Failure' } } as never);
  hooks.on(path(0), () => ({ allowed: false }));
  const bare = await t.throwsAsync(create());
  t.is(bare.message, 'admission webhook "w0.example.com" denied the request without explanation');
  t.like(bare, { status: { code: 400 } } as never);
  hooks.on(path(0), ({ operation }) => ({ allowed: operation !== 'DELETE' }));
  await create();
  await t.throwsAsync(server.client.delete(configMaps, { name: 'a', namespace }, server.signal));
  t.like(hooks.asked(path(0)).at(-1), { operation: 'DELETE', object: null, oldObject: { kind: 'ConfigMap' } } as never);
});

test('Who cannot be asked stops a request or not, as failurePolicy says', async (t) => {
  const closed = await setUp(t, 'validating', [{}]);
  const missing = await t.throwsAsync(closed.create());
  t.is(
    missing.message,
    'Internal error occurred: failed calling webhook "w0.example.com": failed to call webhook: the server could not find the requested resource',
  );
  t.like(missing, { status: { code: 500, reason: 'InternalError' } } as never);
  const open = await setUp(t, 'validating', [{ failurePolicy: 'Ignore' }]);
  await t.notThrowsAsync(open.create());
  const slow = await setUp(t, 'validating', [{ timeoutSeconds: 1 }]);
  hooks.on(slow.path(0), 'nothing');
  const late = await t.throwsAsync(slow.create());
  const post = `Post "${urlOf(slow.path(0))}?timeout=1s": context deadline exceeded`;
  t.is(
    late.message,
    `Internal error occurred: failed calling webhook "w0.example.com": failed to call webhook: ${post}`,
  );
});

test('A webhook whose certificate is signed by another authority is not believed', async (t) => {
  const { create } = await setUp(t, 'validating', [{ clientConfig: { url: urlOf('/any') } }]);
  t.regex((await t.throwsAsync(create())).message, /failed calling webhook .*certificate/);
});

test('A dry run asks only who has no side effects', async (t) => {
  const { create, path } = await setUp(t, 'validating', [{}]);
  hooks.on(path(0), () => ({}));
  await create({}, { dryRun: true });
  t.like(hooks.asked(path(0))[0], { dryRun: true, options: { dryRun: ['All'] } } as never);
});

test('Objects are chosen by their labels, old or new', async (t) => {
  const { create, path } = await setUp(t, 'validating', [{ objectSelector: { matchLabels: { a: 'b' } } }]);
  await create();
  t.is(hooks.asked(path(0)).length, 0);
});

test('Nobody decides about webhook configurations but who may write them', async (t) => {
  const rules = [{ operations: ['*' as const], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] }];
  const { namespace } = await setUp(t, 'validating', [
    { rules, objectSelector: { matchLabels: { trap: 'yes' } }, namespaceSelector: {} },
  ]);
  const trap = { metadata: { name: `${namespace}-trap`, labels: { trap: 'yes' } } };
  await t.throwsAsync(server.client.create(namespaces, trap, server.signal), { message: /failed calling webhook/ });
  await server.client.create(validatingWebhookConfigurations, { ...trap, webhooks: [] }, server.signal);
  await server.client.delete(validatingWebhookConfigurations, { name: trap.metadata.name }, server.signal);
});

test('A webhook may stand between a client and exec', async (t) => {
  const { path, namespace } = await setUp(t, 'validating', [{}]);
  hooks.on(path(0), () => ({ allowed: false, status: { message: 'no shells' } as never }));
  const asked = server.client.raw(
    'POST',
    `/api/v1/namespaces/${namespace}/pods/p/exec?command=sh&stdout=1`,
    server.signal,
  );
  t.regex((await t.throwsAsync(asked)).message, /denied the request: no shells/);
  t.like(hooks.asked(path(0))[0], {
    operation: 'CONNECT',
    subResource: 'exec',
    kind: { group: '', version: 'v1', kind: 'PodExecOptions' },
    object: { command: ['sh'], stdout: true },
  } as never);
});

test('A Service without endpoints is not reached; one that is elsewhere is, and must prove to be it', async (t) => {
  const { client, signal } = server;
  const at = { name: 'hook', namespace: 'default' };
  await client.create(services, { metadata: at, spec: { ports: [{ port: hooks.port }] } } as never, signal);
  const service = { ...at, path: '/by-service', port: hooks.port };
  const { create } = await setUp(t, 'validating', [{ clientConfig: { service, caBundle: hooks.caBundle } }]);
  hooks.on('/by-service', () => ({}));
  t.regex((await t.throwsAsync(create())).message, /no endpoints available for service "hook"/);
  const spec = { type: 'ExternalName', externalName: 'localhost' };
  await client.patch(services, at, { type: 'merge', body: { spec } }, signal);
  await t.notThrowsAsync(create());
});

test('matchConditions decide whether a webhook is asked at all', async (t) => {
  const matchConditions = [{ name: 'wanted', expression: "object.data.ask == 'yes' && request.operation == 'CREATE'" }];
  const { create, path } = await setUp(t, 'validating', [{ matchConditions }]);
  hooks.on(path(0), () => ({ allowed: false }));
  await create({ ask: 'no' });
  t.is(hooks.asked(path(0)).length, 0);
  const { create: again, path: other } = await setUp(t, 'validating', [{ matchConditions }]);
  hooks.on(other(0), () => ({ allowed: false }));
  await t.throwsAsync(again({ ask: 'yes' }), { message: /without explanation/ });
  const unclear = await setUp(t, 'validating', [{ matchConditions }]);
  await t.throwsAsync(unclear.create({}), {
    message:
      /^configmaps "a" is forbidden: expression 'object\.data\.ask == 'yes' && .*' resulted in error: no such key: /,
  });
  const loose = await setUp(t, 'validating', [{ matchConditions, failurePolicy: 'Ignore' }]);
  await t.notThrowsAsync(loose.create({}));
  const text = String(await server.client.raw('GET', '/metrics', server.signal));
  const labels = /\{name="[^"]+",kind="webhook",type="validating",operation="CREATE"\}/.source;
  for (const name of ['exclusions_total', 'evaluation_errors_total', 'evaluation_seconds_count']) {
    t.regex(text, new RegExp(`^apiserver_admission_match_condition_${name}${labels} [1-9]`, 'm'));
  }
  const broken = [{ name: 'broken', expression: 'object.' }];
  await t.throwsAsync(setUp(t, 'validating', [{ matchConditions: broken }]), { message: /compilation failed/ });
});

test('A webhook is asked about equivalents in the version that it knows', async (t) => {
  const { client, signal } = server;
  const rule = { operations: ['*' as const], apiGroups: ['autoscaling'], apiVersions: ['v1'] };
  const rules = [{ ...rule, resources: ['horizontalpodautoscalers'] }];
  const { path, namespace } = await setUp(t, 'mutating', [{ rules }, { rules, matchPolicy: 'Exact' }]);
  hooks.on(path(0), () => ({ patch: [{ op: 'add', path: '/spec/targetCPUUtilizationPercentage', value: 42 }] }));
  const spec = { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' } };
  const made = await client.create(
    horizontalPodAutoscalers,
    { metadata: { name: 'h', namespace }, spec } as never,
    signal,
  );
  t.like(hooks.asked(path(0))[0], {
    kind: { group: 'autoscaling', version: 'v1', kind: 'HorizontalPodAutoscaler' },
    requestKind: { group: 'autoscaling', version: 'v2', kind: 'HorizontalPodAutoscaler' },
    object: { apiVersion: 'autoscaling/v1' },
  } as never);
  t.is(hooks.asked(path(1)).length, 0);
  t.is(made.spec?.metrics?.[0]?.resource?.target?.averageUtilization, 42);
});
