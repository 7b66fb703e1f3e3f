// Running pods that change: resources in place, and containers for a look inside.
import test from 'ava';
import { nodes, pods } from '#lib/api/resources.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { inNode, testCluster } from './cluster.ts';
import { allKubectls, run } from './kubectl.ts';
import { image, isReady, main, openPodLab, type PodLab, signal } from './pods.ts';

let lab: PodLab;
test.before(async () => {
  lab = await openPodLab('resize');
});
test.after.always(() => lab.close());

const amounts = (cpu: string, memory: string) => ({ requests: { cpu, memory }, limits: { cpu, memory } });

async function resize(name: string, resources: object): Promise<void> {
  const body = { spec: { containers: [{ name: 'main', resources }] } };
  const options = { subresource: 'resize' };
  await lab.client.patch(pods, { namespace: lab.namespace, name }, { type: 'strategic', body }, signal(), options);
}

/** What the kernel lets the pod and its container have. */
async function limitsOf({ metadata, spec }: Pod): Promise<readonly string[]> {
  const node = testCluster().layout.nodes.findIndex(({ name }) => name === spec.nodeName);
  const script = `for d in $(find /sys/fs/cgroup -type d -path '*pod${metadata.uid}*'); do for f in memory.limit_in_bytes memory.max cpu.cfs_quota_us cpu.max; do cat $d/$f 2>/dev/null; done; done; true`;
  return (await inNode(node, ['sh', '-c', script])).stdout.split('\n');
}

const condition = ({ status }: Pod, type: string) => status.conditions?.find((one) => one.type === type);
const first = ({ status }: Pod) => status.containerStatuses?.[0];

test('resources change while the container runs', async (t) => {
  await lab.create('grows', { containers: [main({ resources: amounts('100m', '32Mi') })] });
  const before = await lab.when('grows', 'ready', isReady);
  await resize('grows', amounts('200m', '64Mi'));
  const after = await lab.when('grows', 'resized', (pod) => first(pod)?.resources?.limits?.['cpu'] === '200m');
  t.deepEqual(first(after)?.allocatedResources, { cpu: '200m', memory: '64Mi' });
  t.is(first(after)?.containerID, first(before)?.containerID);
  t.is(first(after)?.restartCount, 0);
  const settled = await lab.when('grows', 'settled', (pod) => condition(pod, 'PodResizeInProgress') === undefined);
  t.is(settled.status.observedGeneration, settled.metadata.generation);
  t.true(settled.metadata.generation! > before.metadata.generation!);
  const limits = await limitsOf(after);
  t.true(limits.filter((line) => line === `${64 * 2 ** 20}`).length >= 2, 'memory of pod and container');
  t.true(limits.filter((line) => /^20000( 100000)?$/.test(line)).length >= 2, 'cpu of pod and container');

  await resize('grows', amounts('50m', '48Mi'));
  await lab.when('grows', 'shrunk', (pod) => first(pod)?.resources?.limits?.['cpu'] === '50m');
  t.true((await limitsOf(after)).filter((line) => line === `${48 * 2 ** 20}`).length >= 2);
  await lab.remove('grows');
});

test('a container that wants it so is restarted for a resize', async (t) => {
  const resizePolicy = [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }];
  await lab.create('restarts', { containers: [main({ resources: amounts('50m', '32Mi'), resizePolicy })] });
  await lab.when('restarts', 'ready', isReady);
  await resize('restarts', amounts('50m', '40Mi'));
  const after = await lab.when('restarts', 'restarted', (pod) => first(pod)?.restartCount === 1 && isReady(pod));
  t.is(first(after)?.resources?.limits?.['memory'], '40Mi');
  await lab.remove('restarts');
});

test('a resize that can never be is refused, and one that cannot be now waits', async (t) => {
  await lab.create('greedy', { containers: [main({ resources: amounts('50m', '32Mi') })] });
  const { nodeName } = (await lab.when('greedy', 'ready', isReady)).spec;
  await lab.create('other', { nodeName, containers: [main({ resources: amounts('50m', '32Mi') })] });
  await lab.when('other', 'ready', isReady);
  await t.throwsAsync(resize('greedy', amounts('1k', '32Mi')), { message: /enough allocatable resources: cpu, req/ });
  const { status } = await lab.client.get(nodes, { name: nodeName! }, signal());
  const all = status.allocatable!['cpu']!;
  await resize('greedy', amounts(all, '32Mi'));
  const pod = await lab.when('greedy', 'told', (now) => condition(now, 'PodResizePending') !== undefined);
  t.like(condition(pod, 'PodResizePending'), { status: 'True', reason: 'Deferred' });
  t.deepEqual(first(pod)?.allocatedResources, { cpu: '50m', memory: '32Mi' });
  t.is(pod.spec.containers[0]?.resources?.requests?.['cpu'], all);
  await resize('greedy', amounts('60m', '32Mi'));
  const after = await lab.when('greedy', 'resized', (now) => first(now)?.resources?.limits?.['cpu'] === '60m');
  t.is(condition(after, 'PodResizePending'), undefined);
  await lab.remove('greedy');
  await lab.remove('other');
});

test('a pod as a whole gets more while it runs, as its node has declared', async (t) => {
  const whole = (cpu: string) => ({ requests: { cpu, memory: '32Mi' }, limits: { cpu, memory: '32Mi' } });
  await lab.create('whole', { containers: [main()], resources: whole('100m') });
  const before = await lab.when('whole', 'ready', isReady);
  const { status } = await lab.client.get(nodes, { name: before.spec.nodeName! }, signal());
  t.true(status.declaredFeatures?.includes('InPlacePodLevelResourcesVerticalScaling'));
  const options = { subresource: 'resize' };
  const body = { spec: { resources: whole('200m') } };
  const at = { namespace: lab.namespace, name: 'whole' };
  await lab.client.patch(pods, at, { type: 'strategic', body }, signal(), options);
  const after = await lab.when('whole', 'resized', (now) => now.status.resources?.limits?.['cpu'] === '200m');
  t.is(first(after)?.containerID, first(before)?.containerID);
  t.deepEqual(after.status.allocatedResources, { cpu: '200m', memory: '32Mi' });
  t.true((await limitsOf(after)).some((line) => /^20000( 100000)?$/.test(line)));
  await lab.remove('whole');
});

test('all containers begin anew where one ends as a rule says, and the pod stays', async (t) => {
  const say = (text: string) => ({ command: ['sh', '-c', `echo ${text} >> /work/log; sleep infinity`] });
  const mounts = { volumeMounts: [{ name: 'work', mountPath: '/work' }] };
  const rule = { action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [88] } } as const;
  const once =
    '[ -f /work/done ] && exec sleep infinity; until [ -f /work/go ]; do sleep 0.1; done; touch /work/done; exit 88';
  const boss = main({
    name: 'boss',
    command: ['sh', '-c', once],
    restartPolicy: 'Never',
    restartPolicyRules: [rule],
    ...mounts,
  });
  await lab.create('crew', {
    restartPolicy: 'Never',
    volumes: [{ name: 'work', emptyDir: {} }],
    initContainers: [main({ name: 'first', command: ['sh', '-c', 'echo first >> /work/log'], ...mounts })],
    containers: [boss, main({ ...say('other'), ...mounts })],
  });
  const before = await lab.when('crew', 'ready', isReady);
  await run(allKubectls().at(-1)!, ['-n', lab.namespace, 'exec', 'crew', '-c', 'main', '--', 'touch', '/work/go']);
  const restarts = ({ status }: Pod) => [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const after = await lab.when(
    'crew',
    'begun anew',
    (now) => isReady(now) && restarts(now).every(({ restartCount }) => restartCount === 1),
  );
  t.is(after.status.podIP, before.status.podIP);
  t.is(after.metadata.uid, before.metadata.uid);
  const { stdout } = await run(allKubectls().at(-1)!, [
    '-n',
    lab.namespace,
    'exec',
    'crew',
    '-c',
    'main',
    '--',
    'cat',
    '/work/log',
  ]);
  t.deepEqual(stdout.trim().split('\n'), ['first', 'other', 'first', 'other']);
  await lab.remove('crew');
});

test('kubectl debug looks into a running pod', async (t) => {
  await lab.create('opaque');
  await lab.when('opaque', 'ready', isReady);
  const words = ['-n', lab.namespace, 'debug', 'opaque', `--image=${image}`, '-c', 'look', '--target=main'];
  const { code } = await run(allKubectls().at(-1)!, [
    ...words,
    '--',
    'sh',
    '-c',
    'cat /proc/1/cmdline; echo; echo seen',
  ]);
  t.is(code, 0); // it talks about profiles meanwhile
  const of = ({ status }: Pod) => status.ephemeralContainerStatuses?.[0];
  const pod = await lab.when('opaque', 'looked into', (now) => of(now)?.state?.terminated !== undefined);
  t.like(of(pod), { name: 'look', restartCount: 0, ready: false });
  t.is(of(pod)?.state?.terminated?.exitCode, 0);
  t.true(isReady(pod));
  const log = await lab.logOf('opaque', 'look');
  t.regex(log, /trap.*sleep[\s\S]*seen\n/);
  await lab.remove('opaque');
});
