// kill -9 of the server, of an agent, of a containerd: what was acknowledged is there, what runs is not touched, what was
// under way completes.
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { configMaps, deployments, namespaces, nodes, pods } from '#lib/api/resources.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { isReady } from '../../vagrant/lab/cluster.ts';
import { isAlive } from '../../vagrant/lab/processes.ts';
import { readState } from '../../vagrant/lab/state.ts';
import { connectToCluster, eventually, testCluster } from './cluster.ts';

const namespace = 'restart';
const home = new URL('../..', import.meta.url).pathname;
const signal = () => AbortSignal.timeout(20_000);

function deployment(name: string, replicas: number) {
  const labels = { app: name };
  return {
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { name: '', labels },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: 'main',
              image: 'skiff.local/tools:1',
              command: ['sh', '-c', 'trap exit TERM; while :; do sleep 1; done'],
            },
          ],
        },
      },
    },
  };
}

async function kill(name: string): Promise<void> {
  const id = readState(testCluster().layout.dataDir)!.processes[name]!;
  process.kill(id.pid, 'SIGKILL');
  await eventually(`the end of ${name}`, async () => !isAlive(id));
}

async function upAgain(): Promise<void> {
  await execa(`${home}skiff`, ['up', '--isolated', '--no-workload', '--data', testCluster().layout.dataDir]);
}

/** When each container started and how often, by pod and container. */
async function startsOf(client: Client): Promise<ReadonlyMap<string, string>> {
  const { items } = await client.list(pods, { namespace }, signal());
  return new Map(
    items.flatMap((pod: Pod) =>
      (pod.status.containerStatuses ?? []).map(
        (status) =>
          [
            `${pod.metadata.name}/${status.name}`,
            `${status.containerID} ${status.state?.running?.startedAt} ${status.restartCount}`,
          ] as const,
      ),
    ),
  );
}

async function available(client: Client, name: string, count: number): Promise<void> {
  await eventually(
    `${count} of ${name}`,
    async () => {
      const { status } = await client.get(deployments, { namespace, name }, signal());
      return (status.availableReplicas ?? 0) === count && (status.replicas ?? 0) === count;
    },
    60_000,
  );
}

test.before(async () => {
  await using connection = await connectToCluster();
  await connection.client.create(namespaces, { metadata: { name: namespace } }, signal());
  await eventually('the namespace to be usable', async () => {
    await connection.client.create(deployments, deployment('steady', 3), signal());
    return true;
  });
  await available(connection.client, 'steady', 3);
});

test.after.always(async () => {
  await using connection = await connectToCluster();
  await connection.client.delete(namespaces, { name: namespace }, signal());
});

test.serial(
  'the server is killed while objects are written: every acknowledged one is there, no container was touched',
  async (t) => {
    t.timeout(120_000);
    await using connection = await connectToCluster();
    const { client } = connection;
    const before = await startsOf(client);
    const acknowledged = new Set<string>();
    const stop = new AbortController();
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let i = 0; !stop.signal.aborted; i++) {
        const name = `c-${writer}-${i}`;
        await client.create(configMaps, { metadata: { name, namespace }, data: { i: String(i) } }, signal()).then(
          () => acknowledged.add(name),
          () => stop.abort(),
        );
      }
    });
    await eventually('a few hundred objects', async () => acknowledged.size > 300);
    await client.create(deployments, deployment('under-way', 2), signal());
    await kill('server');
    await Promise.all(writers);
    await upAgain();
    await using again = await connectToCluster();
    const { items } = await again.client.list(configMaps, { namespace }, signal());
    const names = new Set(items.map((item) => item.metadata.name));
    t.deepEqual(
      [...acknowledged].filter((name) => !names.has(name)),
      [],
    );
    await available(again.client, 'under-way', 2);
    await sameStarts(t, again.client, before);
  },
);

for (const part of ['agent', 'containerd']) {
  test.serial(
    `the ${part} of a node is killed: no container was touched, no node or pod stays unready, work goes on`,
    async (t) => {
      t.timeout(120_000);
      await using connection = await connectToCluster();
      const { client } = connection;
      const before = await startsOf(client);
      const name = `after-${part}`;
      await client.create(deployments, deployment(name, 4), signal());
      await kill(`node1/${part}`);
      await upAgain();
      await eventually(
        'all nodes to be Ready',
        async () => (await client.list(nodes, {}, signal())).items.every(isReady),
        60_000,
      );
      await available(client, name, 4);
      await sameStarts(t, client, before);
      await client.delete(deployments, { namespace, name }, signal());
      await eventually(
        'its pods to be gone',
        async () => {
          const { items } = await client.list(pods, { namespace, labelSelector: `app=${name}` }, signal());
          return items.length === 0;
        },
        60_000,
      );
    },
  );
}

async function sameStarts(t: ExecutionContext, client: Client, before: ReadonlyMap<string, string>): Promise<void> {
  const now = await startsOf(client);
  for (const [key, start] of before) t.is(now.get(key), start, key);
}
