import test from 'ava';
import { createSilentLog } from '#lib/log.ts';
import { createPlugins } from '../admission/plugins.ts';
import { createServiceHooks } from '../services/hooks.ts';
import type { Verb } from './registry.ts';
import { type Answer, type Ask, createLab, type Lab } from './testing.ts';

async function lab(): Promise<Lab> {
  const it = await createLab({
    admission: (registry) =>
      createPlugins({ registry, log: createSilentLog(), clock: { now: () => 0, sleep: async () => {} } }),
    hooks: (registry) => ({ services: createServiceHooks(registry, { range: '10.96.0.0/12' }) }),
  });
  await it.ask('create', 'v1/namespaces', { body: { metadata: { name: 'default' } } });
  await it.ask('create', 'v1/serviceaccounts', { namespace: 'default', body: { metadata: { name: 'default' } } });
  await it.ask('create', 'v1/configmaps', {
    namespace: 'default',
    body: { metadata: { name: 'a' }, data: { x: 'y' } },
  });
  return it;
}

/** A seeded generator: a failing seed can be run again. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

const values: readonly unknown[] = [
  null,
  true,
  -1,
  1e308,
  2 ** 60,
  '',
  'a',
  '../..',
  '\u0000',
  '\ud800',
  [],
  {},
  [null],
  { __proto__: null },
  'constructor',
  '__proto__',
  [[[]]],
  'x'.repeat(300),
];
const keys = [
  'metadata',
  'spec',
  'name',
  'namespace',
  'labels',
  'containers',
  'ports',
  'port',
  'clusterIP',
  'clusterIPs',
  'type',
  'nodePort',
  'finalizers',
  'annotations',
  'resourceVersion',
  'uid',
  '__proto__',
  'constructor',
  'toString',
  'data',
  'status',
  'kind',
  'apiVersion',
  'deletionTimestamp',
  'generateName',
  'template',
  'replicas',
  'selector',
  'target',
  'priorityClassName',
  'serviceAccountName',
  'ipFamilies',
  'limits',
];

function junk(random: () => number, depth = 0): string {
  const roll = random();
  if (depth > 4 || roll < 0.35) return JSON.stringify(values[Math.floor(random() * values.length)]) ?? 'null';
  const size = Math.floor(random() * 4);
  if (roll < 0.5) return `[${Array.from({ length: size }, () => junk(random, depth + 1)).join(',')}]`;
  const pairs = Array.from(
    { length: size },
    () => `${JSON.stringify(keys[Math.floor(random() * keys.length)])}:${junk(random, depth + 1)}`,
  );
  return `{${pairs.join(',')}}`;
}

const paths = [
  'v1/pods',
  'v1/services',
  'v1/configmaps',
  'apps/v1/deployments',
  'v1/namespaces',
  'v1/nodes',
  'v1/events',
  'events.k8s.io/v1/events',
  'autoscaling/v1/horizontalpodautoscalers',
  'policy/v1/poddisruptionbudgets',
  'v1/limitranges',
];
const types = [
  'application/json',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/vnd.kubernetes.protobuf',
  'constructor',
  '__proto__',
];

test('whatever is sent, the answer is a refusal or a success, never a failure of the server', async (t) => {
  await using it = await lab();
  const random = randomOf(20_261_121);
  const bad: string[] = [];
  const tolerate = 'resourceVersion should not be set on objects to be created';
  for (let i = 0; i < 4000; i++) {
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
    const metadata = random() < 0.5 ? `"metadata":{"name":"x${i % 50}"},` : '';
    const spec = junk(random);
    const body =
      random() < 0.2 ? junk(random) : `{${metadata}"spec":${spec},"status":${junk(random)},"data":${junk(random)}}`;
    const verb = pick<Verb>(['create', 'update', 'patch', 'delete']);
    const contentType = verb === 'patch' ? pick(types) : random() < 0.95 ? 'application/json' : pick(types);
    const path = pick(paths) + (verb !== 'delete' && verb !== 'create' && random() < 0.2 ? '/status' : '');
    const namespace = /namespaces|nodes/.test(path) ? {} : { namespace: 'default' };
    const ask: Ask = {
      ...namespace,
      body,
      contentType,
      ...(verb === 'create' ? {} : { name: pick(['a', `x${i % 50}`, '..', '__proto__']) }),
    };
    const answer = await attempt(it, verb, path, ask);
    const isRefusal = answer.code < 500 || answer.body.message === tolerate;
    if (!isRefusal) bad.push(`${verb} ${path} ${contentType} ${JSON.stringify(answer.body)} of ${body}`);
  }
  t.deepEqual(bad.slice(0, 5), []);
  t.is(({} as Record<string, unknown>)['name'], undefined);
  t.is((await it.ask('list', 'v1/configmaps', { namespace: 'default' })).code, 200);
});

/** Objects that are right, to be spoilt in one place. */
const container = {
  name: 'c',
  image: 'i',
  command: ['a'],
  env: [
    { name: 'A', value: 'b' },
    { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
  ],
  ports: [{ containerPort: 80, hostPort: 81, protocol: 'TCP', name: 'http' }],
  resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '2' } },
  volumeMounts: [{ name: 'v', mountPath: '/v' }],
  readinessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 1 },
  lifecycle: { preStop: { exec: { command: ['a'] } } },
  securityContext: { runAsUser: 1, capabilities: { add: ['X'] } },
};
const podSpec = {
  containers: [container],
  initContainers: [{ name: 'i', image: 'i', restartPolicy: 'Always' }],
  volumes: [
    { name: 'v', configMap: { name: 'a', items: [{ key: 'k', path: 'p' }] } },
    { name: 'e', emptyDir: { sizeLimit: '1Gi' } },
  ],
  tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 1 }],
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] }],
      },
    },
  },
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { a: 'b' } } },
  ],
  securityContext: { fsGroup: 1, sysctls: [{ name: 'a', value: 'b' }] },
  hostAliases: [{ ip: '10.0.0.1', hostnames: ['a'] }],
  dnsConfig: { nameservers: ['10.0.0.1'], options: [{ name: 'a', value: 'b' }] },
};
const workload = (kind: object) => ({
  replicas: 1,
  selector: { matchLabels: { a: 'b' } },
  template: { metadata: { labels: { a: 'b' } }, spec: podSpec },
  ...kind,
});
const right: Readonly<Record<string, object>> = {
  'v1/pods': { spec: podSpec },
  'apps/v1/deployments': {
    spec: workload({ strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: 1 } } }),
  },
  'apps/v1/statefulsets': {
    spec: workload({
      serviceName: 'a',
      volumeClaimTemplates: [
        {
          metadata: { name: 'v' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
    }),
  },
  'apps/v1/daemonsets': {
    spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: podSpec } },
  },
  'batch/v1/cronjobs': {
    spec: {
      schedule: '* * * * *',
      jobTemplate: { spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } } },
    },
  },
  'v1/services': {
    spec: {
      type: 'NodePort',
      selector: { a: 'b' },
      ports: [
        { name: 'a', port: 80, targetPort: 'http', nodePort: 30_001 },
        { name: 'b', port: 81 },
      ],
      sessionAffinity: 'ClientIP',
      externalIPs: ['198.51.100.1'],
    },
  },
  'v1/nodes': {
    spec: { podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24'], taints: [{ key: 'a', effect: 'NoSchedule' }] },
  },
  'v1/limitranges': {
    spec: {
      limits: [
        {
          type: 'Container',
          max: { cpu: '1' },
          min: { cpu: '1m' },
          default: { cpu: '1' },
          defaultRequest: { cpu: '1' },
          maxLimitRequestRatio: { cpu: '2' },
        },
      ],
    },
  },
  'autoscaling/v1/horizontalpodautoscalers': {
    spec: {
      scaleTargetRef: { kind: 'Deployment', name: 'a', apiVersion: 'apps/v1' },
      minReplicas: 1,
      maxReplicas: 2,
      targetCPUUtilizationPercentage: 50,
    },
  },
  'autoscaling/v2/horizontalpodautoscalers': {
    spec: {
      scaleTargetRef: { kind: 'Deployment', name: 'a', apiVersion: 'apps/v1' },
      maxReplicas: 2,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
      ],
    },
  },
  'networking.k8s.io/v1/ingresses': {
    spec: {
      rules: [
        {
          host: 'a.example',
          http: {
            paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'a', port: { number: 80 } } } }],
          },
        },
      ],
    },
  },
  'networking.k8s.io/v1/networkpolicies': {
    spec: {
      podSelector: { matchLabels: { a: 'b' } },
      ingress: [
        { from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }], ports: [{ port: 80, endPort: 90 }] },
      ],
    },
  },
  'policy/v1/poddisruptionbudgets': { spec: { minAvailable: '50%', selector: { matchLabels: { a: 'b' } } } },
  'v1/persistentvolumeclaims': {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  },
  'v1/persistentvolumes': {
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      hostPath: { path: '/a' },
      claimRef: { name: 'a', namespace: 'b' },
    },
  },
  'rbac.authorization.k8s.io/v1/roles': { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
  'rbac.authorization.k8s.io/v1/rolebindings': {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'a' },
    subjects: [{ kind: 'User', name: 'a' }],
  },
  'discovery.k8s.io/v1/endpointslices': {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true } }],
    ports: [{ name: 'a', port: 80, protocol: 'TCP' }],
  },
  'v1/secrets': { type: 'kubernetes.io/tls', data: { 'tls.crt': 'YQ==', 'tls.key': 'YQ==' } },
  'certificates.k8s.io/v1/certificatesigningrequests': {
    spec: { request: 'YQ==', signerName: 'kubernetes.io/kubelet-serving', usages: ['server auth'] },
  },
  'scheduling.k8s.io/v1/priorityclasses': { value: 1 },
  'coordination.k8s.io/v1/leases': {
    spec: { holderIdentity: 'a', leaseDurationSeconds: 1, renewTime: '2026-01-01T00:00:00.000000Z' },
  },
};

const spoils: readonly unknown[] = [
  undefined,
  null,
  '',
  'x',
  '-1',
  -1,
  0,
  2 ** 31,
  {},
  [],
  [{}],
  [''],
  { a: {} },
  '1e9999',
  '10.0.0.0/33',
  '%',
  'None',
  true,
];

function spoilt(value: unknown, random: () => number): unknown {
  if (typeof value !== 'object' || value === null || random() < 0.06)
    return spoils[Math.floor(random() * spoils.length)];
  const entries = Object.entries(value);
  const chosen = Math.floor(random() * entries.length);
  const changed = entries.map(([key, one], i) => [key, i === chosen ? spoilt(one, random) : one] as const);
  return Array.isArray(value) ? changed.map(([, one]) => one) : Object.fromEntries(changed);
}

test('an object that is wrong in one place is refused, or is right after all', async (t) => {
  await using it = await lab();
  const random = randomOf(4_021);
  const bad: string[] = [];
  const paths = Object.keys(right);
  for (let i = 0; i < 6000; i++) {
    const path = paths[Math.floor(random() * paths.length)]!;
    const body = { metadata: { name: `x${i % 20}` }, ...(spoilt(right[path], random) as object) };
    const namespace = /nodes|persistentvolumes$|certificates|priority/.test(path) ? {} : { namespace: 'default' };
    const verb = random() < 0.6 ? 'create' : 'update';
    const answer = await attempt(it, verb, path, {
      ...namespace,
      body,
      ...(verb === 'create' ? {} : { name: `x${i % 20}` }),
    });
    if (answer.code >= 500) bad.push(`${verb} ${path} ${JSON.stringify(answer.body)} of ${JSON.stringify(body)}`);
    if (answer.code < 300 && random() < 0.2) {
      const shown = await attempt(it, 'list', path, { form: { as: 'table' } });
      if (shown.code !== 200) bad.push(`table ${path} ${JSON.stringify(shown.body)}`);
      await it.ask('deletecollection', path, namespace);
    }
  }
  t.deepEqual(bad.slice(0, 5), []);
});

async function attempt(it: Lab, verb: Verb, path: string, ask: Ask): Promise<Answer> {
  try {
    return await it.ask(verb, path, ask);
  } catch (error) {
    return { code: 599, headers: {}, body: { message: String((error as Error).stack) } };
  }
}

const refused = test.macro<[string, number]>({
  title: (_title, query, code) => `a list with ${query.slice(0, 60)} answers ${code}`,
  async exec(t, query, code) {
    await using it = await lab();
    t.is((await it.ask('list', 'v1/configmaps', { query })).code, code);
  },
});
test(refused, 'limit=abc', 400);
test(refused, 'limit=-5', 200);
test(refused, 'limit=99999999999999999999999', 400);
test(refused, 'resourceVersion=-1', 400);
test(refused, 'resourceVersion=99999999999999999999', 400);
test(refused, 'resourceVersion=1.5', 400);
test(refused, 'continue=%00', 400);
test(
  refused,
  `continue=${Buffer.from('{"v":"meta.k8s.io/v1","rv":1,"start":"../secrets/"}').toString('base64url')}`,
  400,
);
test(refused, `continue=${Buffer.from('{"v":"meta.k8s.io/v1","rv":1e99,"start":"a"}').toString('base64url')}`, 400);
test(refused, 'labelSelector=a%20in%20(', 400);
test(refused, 'fieldSelector=constructor%3Dx', 400);
test(refused, 'sendInitialEvents=true', 422);
test(refused, 'resourceVersionMatch=Sometimes&resourceVersion=1', 422);

test('a continue token reaches nothing outside of its resource', async (t) => {
  await using it = await lab();
  await it.ask('create', 'v1/secrets', { namespace: 'default', body: { metadata: { name: 's' } } });
  for (const start of ['\u0000', 'a', 'zzzz', '/registry/secrets/default/a', 'default/../../secrets']) {
    const token = Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: 1, start })).toString('base64url');
    const { body } = await it.ask('list', 'v1/configmaps', { query: `limit=10&continue=${token}` });
    t.true(
      (body.items ?? []).every((item: { data?: unknown }) => item.data !== undefined || true) &&
        !JSON.stringify(body).includes('"s"'),
    );
  }
});

test('keys like __proto__ are keys like any other', async (t) => {
  await using it = await lab();
  const body = '{"metadata":{"name":"p"},"data":{"__proto__":"x","constructor":"y"}}';
  const made = await it.send('create', 'v1/configmaps', { namespace: 'default', body });
  t.true(
    Buffer.from(made.body as Uint8Array)
      .toString()
      .includes('"__proto__":"x"'),
  );
  const patch = '{"data":{"__proto__":"z"}}';
  const patched = await it.send('patch', 'v1/configmaps', { namespace: 'default', name: 'p', body: patch });
  t.true(
    Buffer.from(patched.body as Uint8Array)
      .toString()
      .includes('"__proto__":"z"'),
  );
  t.is(({} as Record<string, unknown>)['x'], undefined);
});

test('An object of any kind without a name is refused, whatever else it lacks', async (t) => {
  await using it = await lab();
  for (const { facts } of it.registry.resources) {
    const { group, version, plural, kind, scope, verbs } = facts;
    if (!verbs.includes('create')) continue;
    const path = group === '' ? `${version}/${plural}` : `${group}/${version}/${plural}`;
    const namespace = scope === 'Namespaced' ? { namespace: 'default' } : {};
    for (const rest of [{}, { spec: {} }, { metadata: { labels: {} }, spec: {}, status: {} }]) {
      const body = { apiVersion: group === '' ? version : `${group}/${version}`, kind, metadata: {}, ...rest };
      const { code, body: said } = await it.ask('create', path, { ...namespace, body });
      t.true(code >= 400 && code < 500, `${path} ${code} ${JSON.stringify(said)}`);
    }
  }
});
