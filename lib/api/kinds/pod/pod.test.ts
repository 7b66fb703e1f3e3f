import test from 'ava';
import type { PodSpec } from '../../types/core.v1.ts';
import { rulesOf } from '../rules.ts';
import { created, shows, updates, validates } from '../testing.ts';
import { pullPolicyOf } from './container-defaults.ts';
import { qosClassOf } from './qos.ts';

const container = { name: 'web', image: 'nginx:1' };
const base = { metadata: { name: 'a', namespace: 'default' }, spec: { containers: [container] } };
const withContainer = (more: object) => ({ spec: { containers: [{ ...container, ...more }] } });
const withVolume = (source: object) => ({ spec: { volumes: [{ name: 'v', ...source }] } });

test('Pod defaults are those of upstream', (t) => {
  const given = {
    ...base,
    spec: {
      hostNetwork: true,
      volumes: [
        { name: 'none' },
        { name: 's', secret: { secretName: 'x' } },
        {
          name: 'p',
          projected: {
            sources: [
              { serviceAccountToken: { path: 't' } },
              { downwardAPI: { items: [{ path: 'n', fieldRef: { fieldPath: 'metadata.name' } }] } },
            ],
          },
        },
      ],
      containers: [
        {
          name: 'web',
          image: 'nginx',
          ports: [{ containerPort: 80 }],
          resources: { limits: { cpu: '0.0001', memory: '1Gi' }, requests: { memory: '512Mi' } },
          livenessProbe: { httpGet: { port: 80 } },
          env: [{ name: 'N', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
        },
      ],
    },
  };
  t.deepEqual(created('', 'Pod', given)['spec'], {
    hostNetwork: true,
    volumes: [
      { name: 'none', emptyDir: {} },
      { name: 's', secret: { secretName: 'x', defaultMode: 420 } },
      {
        name: 'p',
        projected: {
          defaultMode: 420,
          sources: [
            { serviceAccountToken: { path: 't', expirationSeconds: 3600 } },
            { downwardAPI: { items: [{ path: 'n', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } }] } },
          ],
        },
      },
    ],
    containers: [
      {
        name: 'web',
        image: 'nginx',
        imagePullPolicy: 'Always',
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        ports: [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }],
        resources: { limits: { cpu: '1m', memory: '1Gi' }, requests: { cpu: '1m', memory: '512Mi' } },
        livenessProbe: {
          httpGet: { port: 80, path: '/', scheme: 'HTTP' },
          timeoutSeconds: 1,
          periodSeconds: 10,
          successThreshold: 1,
          failureThreshold: 3,
        },
        env: [{ name: 'N', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }],
      },
    ],
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
    schedulerName: 'default-scheduler',
    enableServiceLinks: true,
  });
});

test('Pod starts pending, with its class, in its first generation, without a status sent along', (t) => {
  const pod = created('', 'Pod', { ...base, status: { phase: 'Running' } });
  t.deepEqual(pod['status'], { phase: 'Pending', qosClass: 'BestEffort' });
  t.is(pod.metadata.generation, 1);
});

const sums = test.macro<[object, object[], object | undefined]>({
  title: (title) => `Pod resources as a whole ${title}`,
  exec: (t, resources, lists, expected) => {
    const containers = lists.map((one, index) => ({ name: `c${index}`, image: 'x', resources: one }));
    const { spec } = created('', 'Pod', { ...base, spec: { containers, resources } }) as unknown as { spec: PodSpec };
    t.deepEqual(spec.resources as object, expected);
  },
});
const half = { requests: { cpu: '500m' } };
test('are requested as containers request', sums, { limits: { cpu: '4', memory: '1Gi' } }, [half, half], {
  limits: { cpu: '4', memory: '1Gi' },
  requests: { cpu: '1', memory: '1Gi' },
});
test(
  'are limited where all containers are',
  sums,
  { requests: { cpu: '2' } },
  [{ limits: { cpu: '1' } }, { limits: { cpu: '2' } }],
  {
    requests: { cpu: '2' },
    limits: { cpu: '3' },
  },
);
test('stay away where nothing is said of them', sums, {}, [half], {});

const pulls = test.macro<[string, string]>({
  title: (_title, image, policy) => `pullPolicyOf() is ${policy} for ${image}`,
  exec: (t, image, policy) => {
    t.is(pullPolicyOf(image), policy as 'Always');
  },
});
test(pulls, 'nginx', 'Always');
test(pulls, 'nginx:latest', 'Always');
test(pulls, 'localhost:5000/nginx', 'Always');
test(pulls, 'localhost:5000/nginx:1', 'IfNotPresent');
test(pulls, 'nginx@sha256:0000', 'IfNotPresent');

const classes = test.macro<[object[], string]>({
  title: (title, _resources, qos) => `qosClassOf() is ${qos} ${title}`,
  exec: (t, resources, qos) => {
    const containers = resources.map((one, index) => ({ name: `c${index}`, resources: one }));
    t.is(qosClassOf({ containers } as PodSpec), qos as 'Burstable');
  },
});
const full = { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1000m', memory: '1024Mi' } };
test('without any', classes, [{}], 'BestEffort');
test('of zeros', classes, [{ requests: { cpu: '0' } }], 'BestEffort');
test('where all limits are requested', classes, [full], 'Guaranteed');
test('where one container has none', classes, [full, {}], 'Burstable');
test('where memory has no limit', classes, [{ limits: { cpu: '1' }, requests: { cpu: '1' } }], 'Burstable');

const is = validates('', 'Pod', base);
test('valid', is, {});
test('refused without containers', is, { spec: { containers: [] } }, 'spec.containers: Required value');
test('refused without an image', is, withContainer({ image: '' }), 'spec.containers[0].image: Required value');
test(
  'refused with a name in capitals',
  is,
  withContainer({ name: 'Web' }),
  /^spec\.containers\[0\]\.name: Invalid value: "Web": a lowercase RFC 1123 label must/,
);
test(
  'refused with one name twice',
  is,
  { spec: { containers: [container, container] } },
  'spec.containers[1].name: Duplicate value: "web"',
);
test(
  'refused with an unknown restart policy',
  is,
  { spec: { restartPolicy: 'x' } },
  'spec.restartPolicy: Unsupported value: "x": supported values: "Always", "OnFailure", "Never"',
);
test(
  'refused with a port beyond the last',
  is,
  withContainer({ ports: [{ containerPort: 70_000 }] }),
  'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
);
test(
  'refused with a mount of no volume',
  is,
  withContainer({ volumeMounts: [{ name: 'x', mountPath: '/x' }] }),
  'spec.containers[0].volumeMounts[0].name: Not found: "x"',
);
test(
  'refused with a recursion that nothing makes read-only',
  is,
  {
    spec: {
      volumes: [{ name: 'x', emptyDir: {} }],
      containers: [
        { name: 'c', image: 'i', volumeMounts: [{ name: 'x', mountPath: '/x', recursiveReadOnly: 'Enabled' }] },
      ],
    },
  },
  'spec.containers[0].volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is true',
);
test(
  'refused with an unknown policy for groups',
  is,
  { spec: { securityContext: { supplementalGroupsPolicy: 'x' } } },
  'spec.securityContext.supplementalGroupsPolicy: Unsupported value: "x": supported values: "Merge", "Strict"',
);
test(
  'refused with users of its own beside the host’s namespaces',
  is,
  { spec: { hostUsers: false, hostNetwork: true, hostPID: true, hostIPC: true, securityContext: undefined } },
  'spec.hostNetwork: Forbidden: when `hostUsers` is false',
  'spec.HostPID: Forbidden: when `hostUsers` is false',
  'spec.HostIPC: Forbidden: when `hostUsers` is false',
);
test(
  'refused with users of its own and a block device',
  is,
  {
    spec: {
      hostUsers: false,
      volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'd' } }],
      containers: [{ ...container, volumeDevices: [{ name: 'd', devicePath: '/dev/d' }] }],
    },
  },
  'spec.containers[0].volumeDevices: Forbidden: when `hostUsers` is false',
);
test(
  'refused with all of /proc and the host’s users',
  is,
  withContainer({ securityContext: { procMount: 'Unmasked' } }),
  'spec.containers[0].securityContext.procMount: Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`',
);
test('taken with all of /proc and users of its own', is, {
  spec: { hostUsers: false, containers: [{ ...container, securityContext: { procMount: 'Unmasked' } }] },
});
test(
  'refused with more requested than allowed',
  is,
  withContainer({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
  'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
);
test(
  'refused with a negative amount',
  is,
  withContainer({ resources: { limits: { memory: '-1' } } }),
  'spec.containers[0].resources.limits[memory]: Invalid value: "-1": must be greater than or equal to 0',
  /requests\[memory\]/,
);
test(
  'refused with two handlers in a probe',
  is,
  withContainer({ livenessProbe: { exec: { command: ['x'] }, tcpSocket: { port: 1 } } }),
  'spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type',
);
test(
  'refused with a probe of nothing',
  is,
  withContainer({ readinessProbe: {} }),
  'spec.containers[0].readinessProbe: Required value: must specify a handler type',
);
test(
  'refused with two successes for liveness',
  is,
  withContainer({ livenessProbe: { successThreshold: 2, exec: { command: ['x'] } } }),
  'spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1',
);
test(
  'refused with an unknown field in a variable',
  is,
  withContainer({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.x' } } }] }),
  /field label not supported: spec\.x/,
);
test(
  'refused with a variable from nowhere',
  is,
  withContainer({ env: [{ name: 'A', valueFrom: {} }] }),
  /must specify one of/,
);
test(
  'valid with a label in a variable',
  is,
  withContainer({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: "metadata.labels['a/b']" } } }] }),
);
test(
  'refused with two sources in a volume',
  is,
  withVolume({ emptyDir: {}, hostPath: { path: '/' } }),
  'spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type',
);
test(
  'refused with a step back in a host path',
  is,
  withVolume({ hostPath: { path: '/a/../b' } }),
  `spec.volumes[0].hostPath.path: Invalid value: "/a/../b": must not contain '..'`,
);
test(
  'refused with a mode beyond 0777',
  is,
  withVolume({ secret: { secretName: 'x', defaultMode: 512 } }),
  'spec.volumes[0].secret.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive',
);
test(
  'refused with a short-lived token',
  is,
  withVolume({ projected: { sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 60 } }] } }),
  /may not specify a duration less than 10 minutes/,
  'spec.volumes[0].projected.sources[0].serviceAccountToken: Forbidden: must not be specified when serviceAccountName is not set',
);
test(
  'refused with seconds for another effect',
  is,
  { spec: { tolerations: [{ key: 'a', tolerationSeconds: 5, effect: 'NoSchedule' }] } },
  'spec.tolerations[0].effect: Invalid value: "NoSchedule": effect must be \'NoExecute\' when `tolerationSeconds` is set',
);
test(
  'refused with a port of its own on the node network',
  is,
  { spec: { hostNetwork: true, containers: [{ ...container, ports: [{ containerPort: 80, hostPort: 81 }] }] } },
  'spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true',
);
test(
  'refused with privileges both given and denied',
  is,
  withContainer({ securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
  /cannot set `allowPrivilegeEscalation` to false and `privileged` to true/,
);
test(
  'refused with DNS policy None and no servers',
  is,
  { spec: { dnsPolicy: 'None' } },
  'spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None',
);
test(
  'refused with an affinity that asks nothing',
  is,
  {
    spec: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } } },
  },
  /must have at least one node selector term/,
);
test(
  'refused with a probe on an init container',
  is,
  { spec: { initContainers: [{ name: 'i', image: 'x', readinessProbe: { exec: { command: ['x'] } } }] } },
  'spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
);
test(
  'refused with a bad label',
  is,
  { metadata: { labels: { 'a b': '-' } } },
  /^metadata\.labels: Invalid value: "a b": name part must consist/,
  /^metadata\.labels: Invalid value: "-": a valid label must be an empty string/,
);

const update = updates('', 'Pod', base);
test('may change its image', update, withContainer({ image: 'nginx:2' }));
test('may get a toleration', update, { spec: { tolerations: [{ key: 'a', operator: 'Exists' }] } });
test(
  'may not change its command',
  update,
  withContainer({ command: ['x'] }),
  /^spec: Forbidden: pod updates may not change fields other than `spec\.containers\[\*\]\.image`/,
);
test('may not change its node', update, { spec: { nodeName: 'x' } }, /^spec: Forbidden/);
test(
  'may not get a container',
  update,
  { spec: { containers: [container, { ...container, name: 'b' }] } },
  /^spec\.containers: Forbidden: pod updates may not add or remove containers/,
);
test(
  'may not change its name',
  update,
  { metadata: { name: 'b' } },
  /^metadata\.name: Invalid value: "b": field is immutable/,
);

test('Pod counts changes of its spec, and keeps its status on update', (t) => {
  const rules = rulesOf('', 'Pod');
  const previous = created('', 'Pod', base);
  const next = structuredClone(previous);
  (next['spec'] as { activeDeadlineSeconds?: number }).activeDeadlineSeconds = 5;
  next['status'] = { phase: 'Failed' };
  rules.prepareForUpdate(next, previous);
  t.is(next.metadata.generation, 2);
  t.like(next['status'], { phase: 'Pending' });
  rules.prepareForUpdate(next, structuredClone(next));
  t.is(next.metadata.generation, 2);
});

test('Pod status update changes nothing else', (t) => {
  const rules = rulesOf('', 'Pod');
  const previous = created('', 'Pod', base);
  const next = structuredClone(previous);
  next['spec'] = { containers: [] };
  next['status'] = { phase: 'Running' };
  rules.prepareForStatusUpdate(next, previous);
  t.deepEqual(next['spec'], previous['spec']);
  t.deepEqual(next['status'], { phase: 'Running', qosClass: 'BestEffort' });
  t.is(next.metadata.generation, 1);
});

test('Pod is deleted at once where nothing runs, else after its grace', (t) => {
  const grace = (spec: object, status: object, asked?: number) => {
    const pod = { metadata: { name: 'a' }, spec, status };
    return rulesOf('', 'Pod').gracePeriodSeconds!(pod, asked);
  };
  t.is(grace({}, {}), 0);
  t.is(grace({ nodeName: 'n', terminationGracePeriodSeconds: 7 }, {}), 7);
  t.is(grace({ nodeName: 'n' }, {}, 0), 0);
  t.is(grace({ nodeName: 'n' }, { phase: 'Succeeded' }), 0);
  t.is(grace({ nodeName: 'n' }, {}, -5), 1);
});

const nowMs = Date.parse('2026-01-01T01:00:00Z');
const at = '2026-01-01T00:00:00Z';
const row = shows('', 'Pod', { ...base, metadata: { ...base.metadata, creationTimestamp: at } }, nowMs);
const containerStatus = (more: object) => ({ name: 'web', ready: false, restartCount: 0, ...more });
const running = containerStatus({ ready: true, started: true, state: { running: { startedAt: at } } });
test(
  'the phase of a new pod',
  row,
  { status: { phase: 'Pending' } },
  { Name: 'a', Ready: '0/1', Status: 'Pending', Restarts: '0', Age: '60m', IP: '<none>', Node: '<none>' },
);
test(
  'a running pod',
  row,
  { spec: { nodeName: 'n' }, status: { phase: 'Running', podIPs: [{ ip: '10.0.0.1' }], containerStatuses: [running] } },
  { Ready: '1/1', Status: 'Running', IP: '10.0.0.1', Node: 'n' },
);
test(
  'restarts and when the last was',
  row,
  {
    status: {
      phase: 'Running',
      containerStatuses: [
        { ...running, restartCount: 2, lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T00:55:00Z' } } },
      ],
    },
  },
  { Restarts: '2 (5m ago)' },
);
test(
  'what a container waits for',
  row,
  {
    status: {
      phase: 'Running',
      containerStatuses: [containerStatus({ state: { waiting: { reason: 'CrashLoopBackOff' } } })],
    },
  },
  { Status: 'CrashLoopBackOff', Ready: '0/1' },
);
test(
  'an exit code without a reason',
  row,
  { status: { phase: 'Failed', containerStatuses: [containerStatus({ state: { terminated: { exitCode: 3 } } })] } },
  { Status: 'ExitCode:3' },
);
test(
  'a signal',
  row,
  {
    status: {
      phase: 'Failed',
      containerStatuses: [containerStatus({ state: { terminated: { exitCode: 137, signal: 9 } } })],
    },
  },
  { Status: 'Signal:9' },
);
test(
  'completion',
  row,
  {
    status: {
      phase: 'Succeeded',
      containerStatuses: [containerStatus({ state: { terminated: { exitCode: 0, reason: 'Completed' } } })],
    },
  },
  { Status: 'Completed' },
);
test(
  'init containers that are done',
  row,
  {
    spec: { initContainers: [{ name: 'i' }, { name: 'j' }] },
    status: {
      phase: 'Pending',
      initContainerStatuses: [
        { name: 'i', state: { terminated: { exitCode: 0 } } },
        { name: 'j', state: { running: {} } },
      ],
    },
  },
  { Status: 'Init:1/2' },
);
test(
  'a failed init container',
  row,
  {
    spec: { initContainers: [{ name: 'i' }] },
    status: {
      phase: 'Pending',
      initContainerStatuses: [{ name: 'i', restartCount: 1, state: { terminated: { exitCode: 1, reason: 'Error' } } }],
    },
  },
  { Status: 'Init:Error', Restarts: '1' },
);
test(
  'a sidecar among the ready',
  row,
  {
    spec: { initContainers: [{ name: 'i', restartPolicy: 'Always' }] },
    status: {
      phase: 'Running',
      initContainerStatuses: [{ name: 'i', ready: true, started: true, restartCount: 0, state: { running: {} } }],
      containerStatuses: [running],
    },
  },
  { Ready: '2/2', Status: 'Running' },
);
test(
  'deletion',
  row,
  { metadata: { deletionTimestamp: at }, status: { phase: 'Running', containerStatuses: [running] } },
  { Status: 'Terminating' },
);
test('a reason of its own', row, { status: { phase: 'Failed', reason: 'Evicted' } }, { Status: 'Evicted' });
test(
  'gates',
  row,
  {
    spec: { readinessGates: [{ conditionType: 'x' }, { conditionType: 'y' }] },
    status: { conditions: [{ type: 'x', status: 'True' }] },
  },
  { 'Readiness Gates': '1/2' },
);

test('Pod marks rows of pods that have ended', (t) => {
  const rules = rulesOf('', 'Pod');
  t.like(rules.row({ metadata: { name: 'a' }, status: { phase: 'Failed' } } as never, 0).conditions?.[0], {
    type: 'Completed',
    reason: 'Failed',
  });
  t.is(rules.row({ metadata: { name: 'a' } }, 0).conditions, undefined);
});

test('Pod is selected by its node and phase', (t) => {
  const rules = rulesOf('', 'Pod');
  t.like(rules.selectableFields(created('', 'Pod', base)), {
    'metadata.name': 'a',
    'spec.nodeName': '',
    'status.phase': 'Pending',
    'spec.restartPolicy': 'Always',
  });
  t.true(rules.fieldLabels.includes('spec.nodeName'));
});
