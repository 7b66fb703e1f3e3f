import test from 'ava';
import type { ConfigMap, Container, Pod, Secret, Service } from '#lib/api/types/core.v1.ts';
import { type EnvironmentFacts, environmentNeeds, planEnvironment } from './environment.ts';

const configMap: ConfigMap = { metadata: { name: 'settings' }, data: { COLOR: 'red', 'not-a-name': 'kept' } };
const secret: Secret = { metadata: { name: 'keys' }, data: { TOKEN: btoa('s3cret') } };
const pod: Pod = {
  metadata: {
    name: 'web-0',
    namespace: 'shop',
    uid: 'u-1',
    labels: { app: 'web', a: 'x"y\n' },
    annotations: { 'example.com/note': 'hi' },
  },
  spec: { nodeName: 'n1', serviceAccountName: 'runner', enableServiceLinks: false, containers: [] },
  status: {},
} as unknown as Pod;

function factsOf(container: Partial<Container>, more: Partial<EnvironmentFacts> = {}): EnvironmentFacts {
  return {
    pod,
    container: { name: 'main', ...container } as Container,
    podIPs: ['10.244.0.7', 'fd00::7'],
    hostIPs: ['192.0.2.10'],
    allocatable: { cpu: '1930m', memory: '3Gi', 'ephemeral-storage': '9Gi' },
    services: [],
    configMaps: new Map([['settings', configMap]]),
    secrets: new Map([['keys', secret]]),
    files: new Map([['work/app.env', "COLOR='blue'\n"]]),
    ...more,
  };
}

const gives = test.macro<[Partial<Container>, Readonly<Record<string, string>>]>({
  title: (title) => `planEnvironment() ${title}`,
  exec: (t, container, expected) => {
    const planned = planEnvironment(factsOf(container));
    t.deepEqual('env' in planned ? Object.fromEntries(planned.env.map((e) => [e.name, e.value])) : planned, expected);
  },
});

test(
  'expands references to earlier variables only',
  gives,
  {
    env: [
      { name: 'EARLY', value: '$(LATE)' },
      { name: 'LATE', value: 'x' },
      { name: 'BOTH', value: '$(LATE)$(EARLY)' },
    ],
  },
  { EARLY: '$(LATE)', LATE: 'x', BOTH: 'x$(LATE)' },
);
test(
  'lets env win over envFrom and a later envFrom over an earlier',
  gives,
  {
    envFrom: [{ configMapRef: { name: 'settings' } }, { prefix: 'P_', secretRef: { name: 'keys' } }],
    env: [{ name: 'COLOR', value: 'dark $(COLOR)' }],
  },
  { COLOR: 'dark red', 'not-a-name': 'kept', P_TOKEN: 's3cret' },
);
test(
  'leaves out what is optional and absent',
  gives,
  {
    envFrom: [{ configMapRef: { name: 'none', optional: true } }],
    env: [
      { name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'NO', optional: true } } },
      { name: 'B', valueFrom: { secretKeyRef: { name: 'none', key: 'NO', optional: true } } },
      { name: 'C', valueFrom: { secretKeyRef: { name: 'keys', key: 'TOKEN' } } },
      { name: 'D' },
    ],
  },
  { C: 's3cret', D: '' },
);
test(
  'knows the fields of the downward API',
  gives,
  {
    env: Object.entries({
      NAME: 'metadata.name',
      NAMESPACE: 'metadata.namespace',
      UID: 'metadata.uid',
      LABEL: "metadata.labels['app']",
      NO_LABEL: "metadata.labels['none']",
      NOTE: "metadata.annotations['example.com/note']",
      LABELS: 'metadata.labels',
      NODE: 'spec.nodeName',
      ACCOUNT: 'spec.serviceAccountName',
      HOST: 'status.hostIP',
      IP: 'status.podIP',
      IPS: 'status.podIPs',
    }).map(([name, fieldPath]) => ({ name, valueFrom: { fieldRef: { fieldPath } } })),
  },
  {
    NAME: 'web-0',
    NAMESPACE: 'shop',
    UID: 'u-1',
    LABEL: 'web',
    NO_LABEL: '',
    NOTE: 'hi',
    LABELS: 'a="x\\"y\\n"\napp="web"',
    NODE: 'n1',
    ACCOUNT: 'runner',
    HOST: '192.0.2.10',
    IP: '10.244.0.7',
    IPS: '10.244.0.7,fd00::7',
  },
);
test(
  'divides resources, rounds up, and falls back to the node for limits',
  gives,
  {
    resources: { requests: { cpu: '250m', memory: '32Mi' }, limits: { memory: '64Mi' } },
    env: Object.entries({
      CPU: { resource: 'requests.cpu' },
      CPU_MILLI: { resource: 'requests.cpu', divisor: '1m' },
      MEMORY: { resource: 'limits.memory' },
      MEMORY_MI: { resource: 'limits.memory', divisor: '1Mi' },
      NODE_CPU: { resource: 'limits.cpu' },
      NODE_CPU_MILLI: { resource: 'limits.cpu', divisor: '1m' },
      NODE_DISK: { resource: 'limits.ephemeral-storage', divisor: '1Gi' },
      NO_DISK: { resource: 'requests.ephemeral-storage' },
    }).map(([name, resourceFieldRef]) => ({ name, valueFrom: { resourceFieldRef } })),
  },
  {
    CPU: '1',
    CPU_MILLI: '250',
    MEMORY: '67108864',
    MEMORY_MI: '64',
    NODE_CPU: '2',
    NODE_CPU_MILLI: '1930',
    NODE_DISK: '9',
    NO_DISK: '0',
  },
);

const fileKeyRef = (key: string, more = {}) => ({
  valueFrom: { fileKeyRef: { volumeName: 'work', path: 'app.env', key, ...more } },
});
test(
  'reads env files',
  gives,
  {
    env: [
      { name: 'A', ...fileKeyRef('COLOR') },
      { name: 'B', ...fileKeyRef('NONE', { optional: true }) },
      { name: 'C', ...fileKeyRef('COLOR', { path: 'none', optional: true }) },
    ],
  },
  { A: 'blue' },
);

const fails = test.macro<[Partial<Container>, string]>({
  title: (_title, _container, message) => `planEnvironment() fails with: ${message}`,
  exec: (t, container, error) => {
    t.deepEqual(planEnvironment(factsOf(container)), { error });
  },
});
test(fails, { envFrom: [{ configMapRef: { name: 'x' } }] }, 'configmap "x" not found');
test(fails, { envFrom: [{ secretRef: { name: 'x' } }] }, 'secret "x" not found');
test(
  fails,
  { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'k' } } }] },
  "couldn't find key k in ConfigMap shop/settings",
);
test(
  fails,
  { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'keys', key: 'k' } } }] },
  "couldn't find key k in Secret shop/keys",
);
test(fails, { env: [{ name: 'A', ...fileKeyRef('NONE') }] }, 'environment variable key "NONE" not found in file');
test(
  fails,
  { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.hostname' } } }] },
  'unsupported fieldPath: spec.hostname',
);
test(
  fails,
  { env: [{ name: 'A', valueFrom: { resourceFieldRef: { containerName: 'b', resource: 'limits.cpu' } } }] },
  'container b not found',
);

test('planEnvironment() adds service variables, of the own namespace only if asked', (t) => {
  const services = [
    service('default', 'kubernetes', '10.96.0.1', [{ name: 'https', port: 443 }]),
    service('shop', 'my-db', '10.96.3.4', [{ port: 5432 }, { name: 'stats-udp', port: 9000, protocol: 'UDP' }]),
    service('shop', 'headless', 'None', [{ port: 1 }]),
    service('other', 'other', '10.96.3.5', [{ port: 1 }]),
  ];
  const container = { env: [{ name: 'URL', value: '$(KUBERNETES_SERVICE_HOST)' }] };
  const plain = planEnvironment(factsOf(container, { services }));
  const linked = planEnvironment(
    factsOf(container, { services, pod: { ...pod, spec: { ...pod.spec, enableServiceLinks: true } } }),
  );
  const kubernetes = {
    URL: '10.96.0.1',
    KUBERNETES_SERVICE_HOST: '10.96.0.1',
    KUBERNETES_SERVICE_PORT: '443',
    KUBERNETES_SERVICE_PORT_HTTPS: '443',
    KUBERNETES_PORT: 'tcp://10.96.0.1:443',
    KUBERNETES_PORT_443_TCP: 'tcp://10.96.0.1:443',
    KUBERNETES_PORT_443_TCP_PROTO: 'tcp',
    KUBERNETES_PORT_443_TCP_PORT: '443',
    KUBERNETES_PORT_443_TCP_ADDR: '10.96.0.1',
  };
  t.deepEqual(record(plain), kubernetes);
  t.deepEqual(record(linked), {
    ...kubernetes,
    MY_DB_SERVICE_HOST: '10.96.3.4',
    MY_DB_SERVICE_PORT: '5432',
    MY_DB_SERVICE_PORT_STATS_UDP: '9000',
    MY_DB_PORT: 'tcp://10.96.3.4:5432',
    MY_DB_PORT_5432_TCP: 'tcp://10.96.3.4:5432',
    MY_DB_PORT_5432_TCP_PROTO: 'tcp',
    MY_DB_PORT_5432_TCP_PORT: '5432',
    MY_DB_PORT_5432_TCP_ADDR: '10.96.3.4',
    MY_DB_PORT_9000_UDP: 'udp://10.96.3.4:9000',
    MY_DB_PORT_9000_UDP_PROTO: 'udp',
    MY_DB_PORT_9000_UDP_PORT: '9000',
    MY_DB_PORT_9000_UDP_ADDR: '10.96.3.4',
  });
});

test('environmentNeeds() names each object once', (t) => {
  const container = {
    envFrom: [{ configMapRef: { name: 'a' } }, { secretRef: { name: 's' } }],
    env: [
      { name: 'A', valueFrom: { configMapKeyRef: { name: 'a', key: 'k' } } },
      { name: 'B', valueFrom: { secretKeyRef: { name: 't', key: 'k' } } },
      { name: 'C', value: 'c' },
    ],
  };
  t.deepEqual(environmentNeeds(container), { configMaps: ['a'], secrets: ['s', 't'], files: [] });
});

function service(namespace: string, name: string, clusterIP: string, ports: readonly object[]): Service {
  return { metadata: { name, namespace }, spec: { clusterIP, ports }, status: {} } as unknown as Service;
}

function record(planned: ReturnType<typeof planEnvironment>): unknown {
  return 'env' in planned ? Object.fromEntries(planned.env.map((e) => [e.name, e.value])) : planned;
}
