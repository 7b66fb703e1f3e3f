import test from 'ava';
import { createClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { createLab, type Lab } from '../registry/testing.ts';
import { createPlugins } from './plugins.ts';

async function lab(): Promise<Lab> {
  const it = await createLab({
    admission: (registry) => createPlugins({ registry, log: createSilentLog(), clock: createClock() }),
  });
  await it.ask('create', 'v1/namespaces', { body: { metadata: { name: 'default' } } });
  await it.ask('create', 'v1/serviceaccounts', { namespace: 'default', body: { metadata: { name: 'default' } } });
  return it;
}
const pod = (name: string, spec: object = {}) => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
});
const make = (it: Lab, body: unknown, namespace = 'default') => it.ask('create', 'v1/pods', { namespace, body });

test('a pod gets account, token, tolerations and priority', async (t) => {
  await using it = await lab();
  const { code, body } = await make(it, pod('a'));
  t.is(code, 201, body.message);
  const { spec } = body;
  t.like(spec, {
    serviceAccountName: 'default',
    serviceAccount: 'default',
    priority: 0,
    preemptionPolicy: 'PreemptLowerPriority',
  });
  t.regex(spec.volumes[0].name, /^kube-api-access-.{5}$/);
  t.is(spec.volumes[0].projected.sources.length, 3);
  t.deepEqual(spec.containers[0].volumeMounts, [
    { name: spec.volumes[0].name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
  ]);
  t.deepEqual(
    spec.tolerations.map(({ key, tolerationSeconds }: { key: string; tolerationSeconds: number }) => [
      key,
      tolerationSeconds,
    ]),
    [
      ['node.kubernetes.io/not-ready', 300],
      ['node.kubernetes.io/unreachable', 300],
    ],
  );
});

test('a pod may do without the token', async (t) => {
  await using it = await lab();
  const { body } = await make(it, pod('a', { automountServiceAccountToken: false }));
  t.is(body.spec.volumes, undefined);
});

test('nothing comes into a namespace that is not there or is going', async (t) => {
  await using it = await lab();
  const absent = await make(it, pod('a'), 'none');
  t.is(absent.code, 404);
  t.is(absent.body.message, 'namespaces "none" not found');
  await it.ask('create', 'v1/namespaces', { body: { metadata: { name: 'going' } } });
  const marked = await it.ask('delete', 'v1/namespaces', { name: 'going' });
  t.is(marked.body.status.phase, 'Terminating');
  const going = await it.ask('create', 'v1/configmaps', { namespace: 'going', body: { metadata: { name: 'a' } } });
  t.is(going.code, 403);
  t.is(
    going.body.message,
    'configmaps "a" is forbidden: unable to create new content in namespace going because it is being terminated',
  );
  t.is(going.body.details.causes[0].reason, 'NamespaceTerminating');
  const freed = await it.ask('update', 'v1/namespaces/finalize', {
    name: 'going',
    body: { ...marked.body, spec: { finalizers: [] } },
  });
  t.is(freed.code, 200);
  t.is((await it.ask('get', 'v1/namespaces', { name: 'going' })).code, 404);
  t.is((await it.ask('delete', 'v1/namespaces', { name: 'default' })).code, 403);
});

test('an account or a class that is not there is refused', async (t) => {
  await using it = await lab();
  const account = await make(it, pod('a', { serviceAccountName: 'none' }));
  t.is(
    account.body.message,
    'pods "a" is forbidden: error looking up service account default/none: serviceaccount "none" not found',
  );
  t.is((await make(it, pod('a', { priorityClassName: 'none' }))).code, 403);
  t.is((await make(it, pod('a', { priorityClassName: 'system-node-critical' }))).body.spec.priority, 2_000_001_000);
});

test("a pod's overhead is that of its runtime class, and no other", async (t) => {
  await using it = await lab();
  const overhead = { podFixed: { cpu: '10m' } };
  await it.ask('create', 'node.k8s.io/v1/runtimeclasses', {
    body: { metadata: { name: 'r' }, handler: 'h', overhead },
  });
  const withClass = (spec: object = {}) => pod('a', { runtimeClassName: 'r', ...spec });
  t.deepEqual((await make(it, withClass())).body.spec.overhead, { cpu: '10m' });
  t.is(
    (await make(it, withClass({ overhead: { cpu: '20m' } }))).body.message,
    "pods \"a\" is forbidden: pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
  );
  t.is(
    (await make(it, pod('a', { overhead: { cpu: '20m' } }))).body.message,
    'pods "a" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
  );
});

test('limit ranges give defaults and set bounds', async (t) => {
  await using it = await lab();
  const limits = [{ type: 'Container', default: { cpu: '500m' }, defaultRequest: { cpu: '100m' }, max: { cpu: '1' } }];
  await it.ask('create', 'v1/limitranges', {
    namespace: 'default',
    body: { metadata: { name: 'l' }, spec: { limits } },
  });
  const { body } = await make(it, pod('a'));
  t.deepEqual(body.spec.containers[0].resources, { limits: { cpu: '500m' }, requests: { cpu: '100m' } });
  const large = pod('b', { containers: [{ name: 'c', image: 'i', resources: { limits: { cpu: '2' } } }] });
  const refused = await make(it, large);
  t.is(refused.body.message, 'pods "b" is forbidden: maximum cpu usage per Container is 1, but limit is 2');
});

test('limit ranges bound what claims ask for', async (t) => {
  await using it = await lab();
  const limits = [{ type: 'PersistentVolumeClaim', min: { storage: '2Gi' }, max: { storage: '5Gi' } }];
  await it.ask('create', 'v1/limitranges', {
    namespace: 'default',
    body: { metadata: { name: 'l' }, spec: { limits } },
  });
  const claim = async (storage: string) => {
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } };
    const body = { metadata: { name: 'c' }, spec };
    return (await it.ask('create', 'v1/persistentvolumeclaims', { namespace: 'default', body })).body.message;
  };
  const forbidden = 'persistentvolumeclaims "c" is forbidden';
  t.is(await claim('9Gi'), `${forbidden}: maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 9Gi`);
  t.is(await claim('1Gi'), `${forbidden}: minimum storage usage per PersistentVolumeClaim is 2Gi, but request is 1Gi`);
  t.is(await claim('3Gi'), undefined);
});

test('a node registers with a taint, and touches no other node', async (t) => {
  await using it = await lab();
  const as = { user: 'system:node:n1', groups: ['system:nodes'] };
  const made = await it.ask('create', 'v1/nodes', { body: { metadata: { name: 'n1' } }, ...as });
  t.is(made.code, 201, made.body.message);
  t.deepEqual(made.body.spec.taints, [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]);
  const label = { metadata: { labels: { 'node-restriction.kubernetes.io/x': 'y' } } };
  t.is((await it.ask('patch', 'v1/nodes', { name: 'n1', body: label, ...as })).code, 403);
  t.is((await it.ask('patch', 'v1/nodes', { name: 'n1', body: { spec: { taints: null } }, ...as })).code, 403);
  t.is((await it.ask('patch', 'v1/nodes/status', { name: 'n1', body: { status: { phase: 'x' } }, ...as })).code, 200);
  t.is((await it.ask('create', 'v1/nodes', { body: { metadata: { name: 'n2' } }, ...as })).code, 403);
  t.is(
    (await make({ ...it, ask: (verb, path, ask) => it.ask(verb, path, { ...ask, ...as }) } as Lab, pod('a'))).code,
    403,
  );
});

test('the plugins are those that are on by default, in upstream’s order', (t) => {
  const registry = { reader: () => ({ get() {}, list: () => [], onChange() {} }) };
  const plugins = createPlugins({
    registry: registry as never,
    log: createSilentLog(),
    clock: createClock(),
    protectsStorage: true,
  });
  t.deepEqual(
    plugins.map(({ name }) => name),
    [
      'NamespaceLifecycle',
      'LimitRanger',
      'ServiceAccount',
      'NodeRestriction',
      'TaintNodesByCondition',
      'PodSecurity',
      'Priority',
      'DefaultTolerationSeconds',
      'DefaultStorageClass',
      'StorageObjectInUseProtection',
      'PersistentVolumeClaimResize',
      'RuntimeClass',
      'CertificateApproval',
      'CertificateSigning',
      'ClusterTrustBundleAttest',
      'CertificateSubjectRestriction',
      'DefaultIngressClass',
      'PodTopologyLabels',
      'NodeDeclaredFeatureValidator',
      'PodResizeValidator',
      'MutatingAdmissionPolicy',
      'MutatingAdmissionWebhook',
      'ValidatingAdmissionPolicy',
      'ValidatingAdmissionWebhook',
      'ExpressionChecks', // not a plugin there, but a part of validation
      'ResourceQuota',
    ],
  );
});
