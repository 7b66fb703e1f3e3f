// What an agent knows and nobody else does outlives it: pauses, and what pods were granted.
import test from 'ava';
import { execa } from 'execa';
import { nodes, pods } from '#lib/api/resources.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { isAlive } from '../../vagrant/lab/processes.ts';
import { readState } from '../../vagrant/lab/state.ts';
import { eventually, testCluster } from './cluster.ts';
import { isPhase, isReady, main, openPodLab, type PodLab, signal } from './pods.ts';

let lab: PodLab;
test.before(async () => {
  lab = await openPodLab('checkpoint');
});
test.after.always(() => lab.close());

const home = new URL('../..', import.meta.url).pathname;
const nodeName = () => testCluster().layout.nodes[0]!.name;

async function restartAgent(): Promise<void> {
  const { dataDir } = testCluster().layout;
  const id = readState(dataDir)!.processes[`${nodeName()}/agent`]!;
  process.kill(id.pid, 'SIGKILL');
  await eventually('its end', async () => !isAlive(id));
  await execa(`${home}skiff`, ['up', '--isolated', '--no-workload', '--data', dataDir]);
}

const first = ({ status }: Pod) => status.containerStatuses?.[0];
const pending = ({ status }: Pod) => status.conditions?.find(({ type }) => type === 'PodResizePending');

test('a new agent goes by the pauses, the grants and the refusals of the one before', async (t) => {
  t.timeout(240_000);
  const small = { requests: { cpu: '50m' }, limits: { cpu: '50m' } };
  await lab.create('crashing', { nodeName: nodeName(), containers: [main({ command: ['false'] })] });
  await lab.create('greedy', { nodeName: nodeName(), containers: [main({ resources: small })] });
  await lab.create('other', { nodeName: nodeName(), containers: [main({ resources: small })] });
  await lab.create('refused', {
    nodeName: nodeName(),
    containers: [main({ resources: { requests: { cpu: '1k' } } })],
  });
  for (const name of ['greedy', 'other']) await lab.when(name, 'ready', isReady);
  const { status } = await lab.client.get(nodes, { name: nodeName() }, signal());
  const cpu = status.allocatable!['cpu']!; // all there is, of which another pod has some
  const huge = { requests: { cpu }, limits: { cpu } };
  const body = { spec: { containers: [{ name: 'main', resources: huge }] } };
  const options = { subresource: 'resize' };
  await lab.client.patch(
    pods,
    { namespace: lab.namespace, name: 'greedy' },
    { type: 'strategic', body },
    signal(),
    options,
  );
  await lab.when('greedy', 'pending', (pod) => pending(pod) !== undefined);
  const refused = await lab.when('refused', 'refused', isPhase('Failed'));
  const isLong = (pod: Pod) => first(pod)?.state?.waiting?.message?.startsWith('back-off 40s') === true;
  const before = await lab.when('crashing', 'a long pause', isLong, 90_000);

  await restartAgent();
  await new Promise((resolve) => setTimeout(resolve, 5_000));

  const after = await lab.get('crashing');
  t.is(first(after)?.restartCount, first(before)?.restartCount);
  t.true(isLong(after), first(after)?.state?.waiting?.message);
  const greedy = await lab.get('greedy');
  t.is(pending(greedy)?.reason, 'Deferred');
  t.deepEqual(first(greedy)?.allocatedResources, { cpu: '50m' });
  t.is(first(greedy)?.restartCount, 0);
  t.is((await lab.get('refused')).metadata.resourceVersion, refused.metadata.resourceVersion);
});
