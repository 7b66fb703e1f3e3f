import { openCri } from '#cri/containerd.ts';
import { pods } from '#lib/api/resources.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { connect } from '#lib/client/connect.ts';
import { createClock } from '#lib/clock.ts';
import type { LabLayout } from '../../vagrant/lab/layout.ts';
import { readState } from '../../vagrant/lab/state.ts';
import { quantile, type Row } from './figures.ts';
import { firstNode } from './run-pods.ts';

const count = 50;
const label = 'bench=exits';

/** From a container's end, as the runtime has it, until a watch shows it: fifty pods that end one by one. */
export async function measureExits(layout: LabLayout, runs: number, image: string): Promise<readonly Row[]> {
  const { pid } = readState(layout.dataDir)!.processes[`${layout.nodes[0]!.name}/containerd`]!;
  const { runtime, close } = await openCri(
    `unix:///proc/${pid}/root${layout.nodes[0]!.containerdSocket}`,
    createClock(),
  );
  await using connection = await connect(layout.kubeconfig, { userAgent: 'skiff-bench' });
  const { client } = connection;
  const signal = AbortSignal.timeout(60_000 * (runs + 1));
  const { version } = await runtime.version(signal);
  const node = await firstNode(client);
  const latencies: number[] = [];
  for (let run = 0; run < runs; run++) {
    const options = { namespace: 'default', labelSelector: label };
    const { metadata } = await client.list(pods, options, signal);
    const shownAtMs = new Map<string, number>();
    const all = Promise.withResolvers<void>();
    const watching = new AbortController();
    void (async () => {
      const since = { ...options, resourceVersion: metadata.resourceVersion! };
      for await (const { object } of client.watch(pods, since, AbortSignal.any([signal, watching.signal]))) {
        const id = endedIn(object);
        if (id !== undefined && !shownAtMs.has(id)) shownAtMs.set(id, Date.now());
        if (shownAtMs.size === count) all.resolve();
      }
    })().catch((error) => all.reject(error));
    const drafts = Array.from({ length: count }, (_, at) => draft(`exits-${run}-${at}`, at, node, image));
    await Promise.all(drafts.map((one) => client.create(pods, one, signal)));
    await all.promise;
    watching.abort();
    for (const [id, atMs] of shownAtMs) latencies.push(atMs - (await runtime.containerStatus(id, signal)).finishedAtMs);
    await client.deleteCollection(pods, options, signal);
    while ((await client.list(pods, options, signal)).items.length > 0)
      await new Promise((resolve) => setTimeout(resolve, 100));
  }
  close();
  const name = `exit to API, containerd ${version.replace(/[~+].*/, '')}`;
  return [
    { name, unit: 'ms', values: latencies },
    {
      name: `${name}, p99`,
      unit: 'ms',
      values: [quantile(latencies, 0.99)],
      atMost: /^v?1\.[0-6]\./.test(version) ? 1_000 : 300,
    },
  ];
}

function endedIn({ status }: Pod): string | undefined {
  const one = status.containerStatuses?.[0];
  return one?.state?.terminated === undefined ? undefined : one.containerID?.replace('containerd://', '');
}

/** They end when all have started, seven a second. */
function draft(name: string, at: number, node: string, image: string) {
  const command = ['sh', '-c', `sleep ${12 + at * 0.15}`];
  return {
    metadata: { name, namespace: 'default', labels: { bench: 'exits' } },
    spec: {
      nodeName: node,
      restartPolicy: 'Never' as const,
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'main', image, imagePullPolicy: 'IfNotPresent' as const, command }],
    },
  };
}
