// An agent that goes by a KubeletConfiguration, and by static pods from a URL: the second node's, for a while.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test from 'ava';
import { execa } from 'execa';
import { nodes, pods } from '#lib/api/resources.ts';
import { isReady as isNodeReady } from '../../vagrant/lab/cluster.ts';
import { enter } from '../../vagrant/lab/node.ts';
import { isAlive, type ProcessId, startTicksOf } from '../../vagrant/lab/processes.ts';
import { readState } from '../../vagrant/lab/state.ts';
import { eventually, inNode, onNode, testCluster } from './cluster.ts';
import { isReady, main, openPodLab, type PodLab, signal } from './pods.ts';

let lab: PodLab;
let web: ChildProcess | undefined;
let agent: ChildProcess | undefined;
const home = new URL('../..', import.meta.url).pathname;
const node = () => testCluster().layout.nodes[1]!;
const folder = '/run/kubelet-config';
const sh = async (script: string) => (await inNode(1, ['sh', '-c', script])).stdout;

const config = {
  kind: 'KubeletConfiguration',
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  staticPodURL: 'http://127.0.0.1:8099/pod.json',
  staticPodURLHeader: { 'X-Asked-By': ['skiff'] },
  httpCheckFrequency: '1s',
  fileCheckFrequency: '1s',
  maxPods: 30,
  podPidsLimit: 200,
  containerLogMaxSize: '4Ki',
  containerLogMaxFiles: 3,
  containerLogMonitorInterval: '1s',
  nodeLeaseDurationSeconds: 20,
  crashLoopBackOff: { maxContainerRestartPeriod: '2s' },
  allowedUnsafeSysctls: ['net.core.somaxconn'],
  authentication: { anonymous: { enabled: true } },
};

async function putFile(name: string, content: object): Promise<void> {
  const text = Buffer.from(JSON.stringify(content)).toString('base64');
  await sh(
    `mkdir -p ${folder}/web && echo ${text} | base64 -d > ${folder}/.new && mv ${folder}/.new ${folder}/${name}`,
  );
}

const manifest = (word: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'from-afar', namespace: lab.namespace, labels: { word } },
  spec: { terminationGracePeriodSeconds: 1, containers: [main()] },
});

function known(): ProcessId {
  return readState(testCluster().layout.dataDir)!.processes[`${node().name}/agent`]!;
}

async function end(id: ProcessId): Promise<void> {
  if (isAlive(id)) process.kill(id.pid, 'SIGTERM');
  await eventually('the end of the agent', async () => !isAlive(id));
}

test.before(async () => {
  lab = await openPodLab('config');
  await putFile('web/pod.json', manifest('one'));
  await putFile('kubelet.json', config);
  const inside = (words: readonly string[]) => spawn('nsenter', [...enter(node()), ...words], { stdio: 'ignore' });
  web = inside(['busybox', 'httpd', '-f', '-p', '127.0.0.1:8099', '-h', `${folder}/web`]);
  const command = readFileSync(`/proc/${known().pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
  const words = command.filter((word) => !word.startsWith('--pod-max-pids'));
  await end(known());
  agent = inside([...words, `--config=${folder}/kubelet.json`]);
  await eventually('the node by its configuration', async () => {
    const now = await lab.client.get(nodes, { name: node().name }, signal());
    return isNodeReady(now) && now.status.capacity?.['pods'] === '30';
  });
});

test.after.always(async () => {
  web?.kill();
  await using after = new AsyncDisposableStack(); // whatever fails before
  after.defer(async () => lab?.close());
  const words = ['up', '--isolated', '--no-workload', '--data', testCluster().layout.dataDir];
  after.defer(async () => void (await execa(`${home}skiff`, words)));
  const pid = agent?.pid;
  if (pid !== undefined) await end({ pid, startTicks: startTicksOf(pid) ?? 0 });
});

test.serial('configz shows the file’s fields and upstream’s defaults', async (t) => {
  const path = `/api/v1/nodes/${node().name}/proxy/configz`;
  const body = await lab.client.raw('GET', path, signal());
  const { kubeletconfig } = (typeof body === 'string' ? JSON.parse(body) : body) as { readonly kubeletconfig: object };
  t.like(kubeletconfig, { maxPods: 30, podPidsLimit: 200, containerLogMaxSize: '4Ki', httpCheckFrequency: '1s' });
  t.like(kubeletconfig, { syncFrequency: '1m0s', imageGCHighThresholdPercent: 85, eventRecordQPS: 50 });
});

test.serial('a static pod comes from a URL, changes with it, and goes with it', async (t) => {
  const name = `from-afar-${node().name}`;
  const { metadata } = await lab.when(name, 'ready', isReady);
  t.is(metadata.annotations?.['kubernetes.io/config.source'], 'http');
  await putFile('web/pod.json', manifest('two'));
  await lab.when(name, 'replaced', (pod) => pod.metadata.labels?.['word'] === 'two' && isReady(pod));
  await sh(`rm ${folder}/web/pod.json`);
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  t.true(isReady(await lab.get(name)), 'a URL that fails ends no pod');
  await putFile('web/pod.json', { apiVersion: 'v1', kind: 'PodList', items: [] });
  await eventually('its end', async () => {
    const { items } = await lab.client.list(pods, { namespace: lab.namespace }, signal());
    return items.every((pod) => pod.metadata.name !== name);
  });
});

test.serial('limits, sysctls and pauses are those of the file', async (t) => {
  const securityContext = { sysctls: [{ name: 'net.core.somaxconn', value: '300' }] };
  const place = { nodeName: node().name };
  await lab.create('tuned', {
    ...place,
    securityContext,
    containers: [main({ command: ['sh', '-c', 'cat /proc/sys/net/core/somaxconn; exit 1'] })],
  });
  const pod = await lab.when('tuned', 'started again and again', ({ status }) => {
    return (status.containerStatuses?.[0]?.restartCount ?? 0) >= 3; // with pauses of 2 s, not 10 and 20
  });
  // The newest container may have begun a moment ago.
  await eventually('its words', async () => (await lab.logOf('tuned')) === '300\n');
  t.is((await sh(`cat $(find /sys/fs/cgroup -path '*pod${pod.metadata.uid}/pids.max' | head -n 1)`)).trim(), '200');
  await lab.remove('tuned');
  const other = { sysctls: [{ name: 'kernel.msgmax', value: '9000' }] };
  await lab.create('forbidden', { ...place, securityContext: other });
  const { status } = await lab.when('forbidden', 'refused', (one) => one.status.phase === 'Failed');
  t.is(status.reason, 'SysctlForbidden');
  await lab.remove('forbidden');
});

test.serial('logs are rotated by the size and number of the file', async (t) => {
  const script = 'i=0; while :; do i=$((i+1)); printf "%0200d\\n" $i; sleep 0.02; done';
  await lab.create('chatty', { nodeName: node().name, containers: [main({ command: ['sh', '-c', script] })] });
  const pod = await lab.when('chatty', 'ready', isReady);
  const logs = `/var/log/pods/${lab.namespace}_chatty_${pod.metadata.uid}/main`;
  const names = await eventually('three files', async () => {
    const found = (await sh(`ls ${logs}`)).trim().split('\n');
    return found.length >= 3 && found.some((name) => name.endsWith('.gz')) && found;
  });
  t.true(names.length <= 4); // one may be half-made
  await lab.remove('chatty');
});

test.serial('who shows nothing is anonymous, where that is wanted, and may nothing', async (t) => {
  const curl = async (...words: readonly string[]) =>
    (await onNode(1, ['curl', '-sk', 'https://127.0.0.1:10250/pods', ...words])).stdout;
  t.regex(await curl(), /^Forbidden \(user=system:anonymous, verb=get, resource=nodes/);
  t.is(await curl('-H', 'Authorization: Bearer nonsense'), 'Unauthorized\n');
});
