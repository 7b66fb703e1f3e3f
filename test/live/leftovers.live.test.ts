// What a crash may leave on a node goes, and what is in use stays.
import test from 'ava';
import { eventually, inNode, testCluster } from './cluster.ts';
import { isReady, main, openPodLab, type PodLab } from './pods.ts';

let lab: PodLab;
test.before(async () => {
  lab = await openPodLab('leftovers');
});
test.after.always(() => lab.close());

const ghost = 'deadbeef-0000-4000-8000-000000000000';
const sh = async (script: string) => (await inNode(0, ['sh', '-c', script])).stdout;

test('folders, logs and cgroups of pods that nobody knows are removed within a minute or so', async (t) => {
  t.timeout(200_000);
  await lab.create('stays', { nodeName: testCluster().layout.nodes[0]!.name });
  const pod = await lab.when('stays', 'ready', isReady);
  await sh(`mkdir -p /var/lib/kubelet/pods/${ghost}/volumes /var/log/pods/default_gone_${ghost}/main`);
  await sh(`touch /var/log/pods/default_gone_${ghost}/main/0.log; mkdir -p /var/log/containers`);
  await sh(`ln -s /var/log/pods/default_gone_${ghost}/main/0.log /var/log/containers/gone_default_main-${ghost}.log`);
  const traces = () => sh('ls /var/lib/kubelet/pods /var/log/pods /var/log/containers');
  t.true((await traces()).includes(ghost));
  await eventually('their end', async () => !(await traces()).includes(ghost), 150_000);
  t.true((await traces()).includes(`${pod.metadata.uid}`));
  await lab.remove('stays');
});

test('of a container that keeps ending, only the newest and the one before stay', async (t) => {
  const container = main({ command: ['sh', '-c', 'sleep 0.1; exit 1'] });
  await lab.create('ends', { nodeName: testCluster().layout.nodes[0]!.name, containers: [container] });
  const pod = await lab.when(
    'ends',
    'third end',
    ({ status }) => (status.containerStatuses?.[0]?.restartCount ?? 0) >= 2,
    60_000,
  );
  const logs = () => sh(`ls /var/log/pods/${lab.namespace}_ends_${pod.metadata.uid}/main`);
  await eventually('few logs', async () => (await logs()).trim().split('\n').length <= 2);
  await lab.remove('ends');
  t.pass();
});
