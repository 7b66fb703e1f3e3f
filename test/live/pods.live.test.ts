// The life of pods on a real node: what they see, how they begin, fail and end, and that nothing of them is left.
import test from 'ava';
import { configMaps, events, namespaces, pods } from '#lib/api/resources.ts';
import type { Container, Pod, PodSpec } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import type { Connection } from '#lib/client/connect.ts';
import { connectToCluster, eventually, inNode, testCluster } from './cluster.ts';

const namespace = `pods-${process.pid}`;
const image = 'skiff.local/tools:1';
const signal = () => AbortSignal.timeout(60_000);
const forever = ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.2; done'];
let client: Client;
let connection: Connection;

test.before(async () => {
  connection = await connectToCluster();
  ({ client } = connection);
  await client.create(namespaces, { metadata: { name: namespace } }, signal()).catch(() => {});
  await eventually('the default service account', async () =>
    client.raw('GET', `/api/v1/namespaces/${namespace}/serviceaccounts/default`, signal()),
  );
});

test.after.always(async () => {
  await client.delete(namespaces, { name: namespace }, signal());
  await connection[Symbol.asyncDispose]();
});

function main(rest: Partial<Container> = {}): Container {
  return { name: 'main', image, command: forever, ...rest };
}

async function create(name: string, spec: Partial<PodSpec> = {}): Promise<Pod> {
  return await client.create(
    pods,
    { metadata: { name, namespace }, spec: { containers: [main()], terminationGracePeriodSeconds: 2, ...spec } },
    signal(),
  );
}

function when(name: string, what: string, is: (pod: Pod) => boolean): Promise<Pod> {
  return eventually(`${name}: ${what}`, async () => {
    const pod = await client.get(pods, { namespace, name }, signal());
    return is(pod) && pod;
  });
}

const isReady = ({ status }: Pod) =>
  status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
const isPhase = (phase: string) => (pod: Pod) => pod.status.phase === phase;
const stateOf = ({ status }: Pod) => status.containerStatuses?.[0]?.state;
const waits = (reason: string) => (pod: Pod) => stateOf(pod)?.waiting?.reason === reason;

async function logOf(name: string, container = 'main'): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/log?container=${container}`;
  return String(await client.raw('GET', path, signal()));
}

async function remove(name: string): Promise<void> {
  await client.delete(pods, { namespace, name }, signal());
  await eventually(`the end of ${name}`, async () => {
    const { items } = await client.list(pods, { namespace, fieldSelector: `metadata.name=${name}` }, signal());
    return items.length === 0;
  });
}

async function reasonsFor({ metadata }: Pod): Promise<ReadonlySet<string>> {
  const fieldSelector = `involvedObject.uid=${metadata.uid}`;
  return new Set(
    (await client.list(events, { namespace, fieldSelector }, signal())).items.map(({ reason }) => reason ?? ''),
  );
}

test('a pod becomes ready, and its status says all about it', async (t) => {
  await create('plain');
  const pod = await when('plain', 'ready', isReady);
  const { status } = pod;
  t.is(status.phase, 'Running');
  t.regex(status.podIP ?? '', /^10\.244\./);
  t.is(status.hostIP, testCluster().layout.nodes.find(({ name }) => name === pod.spec.nodeName)?.ip);
  t.is(status.qosClass, 'BestEffort');
  t.like(status.containerStatuses?.[0], { ready: true, started: true, restartCount: 0, image });
  t.regex(status.containerStatuses?.[0]?.containerID ?? '', /^containerd:\/\/[0-9a-f]{64}$/);
  await eventually('its events', async () => {
    const reasons = await reasonsFor(pod);
    return ['Scheduled', 'Pulled', 'Created', 'Started'].every((reason) => reasons.has(reason));
  });
  await remove('plain');
  t.pass();
});

test('a pod leaves nothing on its node', async (t) => {
  await create('traces', {
    volumes: [{ name: 'm', emptyDir: { medium: 'Memory' } }],
    containers: [main({ volumeMounts: [{ name: 'm', mountPath: '/m' }] })],
  });
  const { metadata, spec } = await when('traces', 'ready', isReady);
  const at = testCluster().layout.nodes.findIndex(({ name }) => name === spec.nodeName);
  const look = async () =>
    (
      await inNode(at, [
        'sh',
        '-c',
        `ls /var/lib/kubelet/pods /var/log/pods /var/log/containers; grep -c ${metadata.uid} /proc/self/mountinfo; find /sys/fs/cgroup -name '*${metadata.uid}*'`,
      ])
    ).stdout;
  t.regex(await look(), new RegExp(`${metadata.uid}`));
  await remove('traces');
  await eventually('a clean node', async () => !(await look()).includes(`${metadata.uid}`));
  t.false((await look()).includes(`traces_${namespace}_`));
});

test('init containers run one by one, and the main container sees what they left', async (t) => {
  const volumeMounts = [{ name: 'd', mountPath: '/d' }];
  const step = (name: string, script: string) => ({ name, image, command: ['sh', '-c', script], volumeMounts });
  await create('steps', {
    restartPolicy: 'Never',
    initContainers: [step('one', 'sleep 0.3; echo one > /d/x'), step('two', 'echo two >> /d/x')],
    containers: [step('main', 'cat /d/x')],
    volumes: [{ name: 'd', emptyDir: {} }],
  });
  const { status } = await when('steps', 'done', isPhase('Succeeded'));
  t.is(await logOf('steps'), 'one\ntwo\n');
  t.like(status.initContainerStatuses?.[0], { ready: true, restartCount: 0 });
  t.is(status.conditions?.find(({ type }) => type === 'Ready')?.reason, 'PodCompleted');
  await remove('steps');
});

test('a failed init container under Never fails the pod', async (t) => {
  await create('bad-init', { restartPolicy: 'Never', initContainers: [{ name: 'i', image, command: ['false'] }] });
  const { status } = await when('bad-init', 'failed', isPhase('Failed'));
  t.is(status.initContainerStatuses?.[0]?.state?.terminated?.exitCode, 1);
  await remove('bad-init');
});

test('a container that fails is started again, with pauses, and tells why it ended', async (t) => {
  const script = 'echo "why I ended" > /dev/termination-log; exit 3';
  await create('crash', { containers: [main({ command: ['sh', '-c', script] })] });
  const pod = await when('crash', 'held back', waits('CrashLoopBackOff'));
  const [status] = pod.status.containerStatuses!;
  t.like(status?.lastState?.terminated, { exitCode: 3, reason: 'Error', message: 'why I ended\n' });
  t.true(status!.restartCount >= 1);
  t.is(pod.status.phase, 'Running');
  await eventually('its events', async () => (await reasonsFor(pod)).has('BackOff'));
  await remove('crash');
});

test('the end of a log stands in for last words, where that is asked for', async (t) => {
  const container = main({
    command: ['sh', '-c', 'echo from the log; exit 1'],
    terminationMessagePolicy: 'FallbackToLogsOnError',
  });
  await create('log-words', { restartPolicy: 'Never', containers: [container] });
  const pod = await when('log-words', 'failed', isPhase('Failed'));
  t.is(stateOf(pod)?.terminated?.message, 'from the log\n');
  await remove('log-words');
});

for (const [name, container, reason] of [
  ['no-image', { image: 'skiff.local/absent:1', imagePullPolicy: 'Never' }, 'ErrImageNeverPull'],
  ['bad-image', { image: 'skiff.local/UPPER' }, 'InvalidImageName'],
  [
    'no-config',
    { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'absent', key: 'a' } } }] },
    'CreateContainerConfigError',
  ],
  ['as-root', { securityContext: { runAsNonRoot: true } }, 'CreateContainerConfigError'],
] as const) {
  test(`a pod that cannot start says ${reason}: ${name}`, async (t) => {
    await create(name, { containers: [main(container)] });
    const pod = await when(name, reason, waits(reason));
    t.is(pod.status.phase, 'Pending');
    await remove(name);
  });
}

test('a pod starts as soon as what it misses is there', async (t) => {
  await create('patient', {
    containers: [main({ env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'late', key: 'a' } } }] })],
  });
  await when('patient', 'waiting', waits('CreateContainerConfigError'));
  await client.create(configMaps, { metadata: { name: 'late', namespace }, data: { a: 'b' } }, signal());
  await when('patient', 'ready', isReady);
  await remove('patient');
  t.pass();
});

test('a container runs as it is told: user, groups, capabilities, limits, names', async (t) => {
  const command = [
    'sh',
    '-c',
    'id -u; id -g; id -G; grep -E "CapBnd|NoNewPrivs" /proc/self/status; hostname; cat /etc/resolv.conf; touch /x 2>&1 || true',
  ];
  await create('told', {
    restartPolicy: 'Never',
    hostname: 'host',
    subdomain: 'sub',
    hostAliases: [{ ip: '192.0.2.9', hostnames: ['alias'] }],
    securityContext: { runAsUser: 1000, runAsGroup: 2000, supplementalGroups: [3000], fsGroup: 4000 },
    containers: [
      main({
        command,
        securityContext: {
          capabilities: { drop: ['ALL'] },
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
        },
      }),
    ],
  });
  await when('told', 'done', isPhase('Succeeded'));
  const log = await logOf('told');
  t.regex(log, /^1000\n2000\n2000 (3000 4000|4000 3000)\n/);
  t.regex(log, /CapBnd:\s+0000000000000000/);
  t.regex(log, /NoNewPrivs:\s+1/);
  t.regex(log, /\nhost\n/);
  t.regex(log, /nameserver 10\.96\.0\.10/);
  t.regex(log, new RegExp(`search ${namespace}\\.svc\\.cluster\\.local svc\\.cluster\\.local cluster\\.local`));
  t.regex(log, /Read-only file system/);
  await remove('told');
});

test('limits reach the kernel', async (t) => {
  const resources = { requests: { cpu: '100m', memory: '16Mi' }, limits: { cpu: '200m', memory: '32Mi' } };
  await create('limits', { containers: [main({ resources })] });
  const { metadata, spec, status } = await when('limits', 'ready', isReady);
  t.is(status.qosClass, 'Burstable');
  const node = testCluster().layout.nodes.findIndex(({ name }) => name === spec.nodeName);
  const files = 'memory.limit_in_bytes memory.max cpu.cfs_quota_us cpu.max';
  const found = await inNode(node, [
    'sh',
    '-c',
    `for d in $(find /sys/fs/cgroup -type d -path '*pod${metadata.uid}*'); do for f in ${files}; do cat $d/$f 2>/dev/null; done; done; true`,
  ]);
  t.true(found.stdout.split('\n').filter((line) => line === `${32 * 2 ** 20}`).length >= 2, 'pod and container');
  t.true(found.stdout.split('\n').filter((line) => /^20000( 100000)?$/.test(line)).length >= 2);
  await remove('limits');
});

test('a container out of memory says so', async (t) => {
  const command = ['sh', '-c', 'x=a; while :; do x=$x$x; done'];
  await create('oom', {
    restartPolicy: 'Never',
    containers: [main({ command, resources: { limits: { memory: '16Mi' } } })],
  });
  const pod = await when('oom', 'failed', isPhase('Failed'));
  t.like(stateOf(pod)?.terminated, { reason: 'OOMKilled', exitCode: 137 });
  await remove('oom');
});

test('sidecars start before and end after the main container; hooks run', async (t) => {
  const script = (end: string) => ['sh', '-c', `trap "echo ${end}; exit 0" TERM; while :; do sleep 0.1; done`];
  const hook = (word: string) => ({ exec: { command: ['sh', '-c', `echo ${word} > /proc/1/fd/1`] } });
  await create('side', {
    terminationGracePeriodSeconds: 5,
    initContainers: [
      {
        name: 'side',
        image,
        command: script('side'),
        restartPolicy: 'Always',
        startupProbe: { exec: { command: ['true'] }, periodSeconds: 1 },
      },
    ],
    containers: [main({ command: script('main'), lifecycle: { postStart: hook('begun'), preStop: hook('ending') } })],
  });
  const pod = await when('side', 'ready', isReady);
  const node = testCluster().layout.nodes.findIndex(({ name }) => name === pod.spec.nodeName);
  const directory = `/var/log/pods/${namespace}_side_${pod.metadata.uid}`;
  const copy = `/tmp/${pod.metadata.uid}.log`; // the logs themselves go with the pod
  const isLate = '[ $(date +%s) -ge $end ]';
  const untilSide = `end=$(($(date +%s) + 25)); until grep -q ' F side$' ${copy} || ${isLate}; do sleep 0.1; done`;
  const follow = `tail -f ${directory}/main/0.log ${directory}/side/0.log >${copy} & ${untilSide}; kill $!`;
  const following = inNode(node, ['sh', '-c', `${follow}; cat ${copy}; rm ${copy}`]);
  await eventually('both logs to be followed', async () =>
    /begun[\s\S]*side\/0\.log/.test((await inNode(node, ['cat', copy])).stdout),
  );
  const [{ stdout }] = await Promise.all([following, remove('side')]);
  t.regex(stdout, /begun[\s\S]*ending[\s\S]*main/);
  const time = (word: string) => new RegExp(`(\\S+) stdout F ${word}$`, 'm').exec(stdout)?.[1] ?? '';
  t.true(time('main') !== '' && time('main') < time('side'), stdout);
});

test('probes decide about readiness and restarts', async (t) => {
  const command = ['sh', '-c', 'rm -f /tmp/up; sleep 1; touch /tmp/up; while :; do sleep 0.2; done'];
  const probe = { exec: { command: ['cat', '/tmp/up'] }, periodSeconds: 1 };
  await create('probed', { containers: [main({ command, readinessProbe: probe })] });
  const early = await when('probed', 'running', (pod) => stateOf(pod)?.running !== undefined);
  t.false(isReady(early));
  await when('probed', 'ready', isReady);
  await remove('probed');

  await create('sick', {
    terminationGracePeriodSeconds: 1,
    containers: [main({ livenessProbe: { exec: { command: ['false'] }, periodSeconds: 1, failureThreshold: 1 } })],
  });
  const pod = await when('sick', 'restarted', ({ status }) => (status.containerStatuses?.[0]?.restartCount ?? 0) > 0);
  await eventually('its events', async () => {
    const reasons = await reasonsFor(pod);
    return reasons.has('Unhealthy') && reasons.has('Killing');
  });
  await remove('sick');
});

test('a pod that has had its time fails', async (t) => {
  await create('deadline', { activeDeadlineSeconds: 1 });
  const { status } = await when('deadline', 'failed', isPhase('Failed'));
  t.is(status.reason, 'DeadlineExceeded');
  await remove('deadline');
});

test('a new image replaces the container, and nothing else', async (t) => {
  await create('renewed');
  const before = await when('renewed', 'ready', isReady);
  const node = testCluster().layout.nodes.findIndex(({ name }) => name === before.spec.nodeName);
  const other = 'skiff.local/tools:2';
  await inNode(node, ['ctr', '-n', 'k8s.io', 'images', 'tag', '--force', image, other]);
  const body = { spec: { containers: [{ name: 'main', image: other }] } };
  await client.patch(pods, { namespace, name: 'renewed' }, { type: 'strategic', body }, signal());
  const after = await when(
    'renewed',
    'replaced',
    (pod) => isReady(pod) && pod.status.containerStatuses?.[0]?.restartCount === 1,
  );
  t.is(after.status.podIP, before.status.podIP);
  t.is(after.status.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 0);
  await remove('renewed');
});

test('pods that were told to end by force are gone at once, from the API and the node', async (t) => {
  await create('forced', {
    terminationGracePeriodSeconds: 600,
    containers: [main({ command: ['sh', '-c', 'trap "" TERM; while :; do sleep 0.2; done'] })],
  });
  const { metadata, spec } = await when('forced', 'ready', isReady);
  await client.delete(pods, { namespace, name: 'forced' }, signal(), { gracePeriodSeconds: 0 });
  const node = testCluster().layout.nodes.findIndex(({ name }) => name === spec.nodeName);
  await eventually(
    'its end on the node',
    async () => !(await inNode(node, ['ls', '/var/lib/kubelet/pods'])).stdout.includes(`${metadata.uid}`),
  );
  t.pass();
});
