import { execa } from 'execa';
import { namespaces, pods as podResource } from '#lib/api/resources.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { connect } from '#lib/client/connect.ts';
import type { LabLayout } from '../../vagrant/lab/layout.ts';
import { enter } from '../../vagrant/lab/node.ts';
import { send } from '../../vagrant/lab/processes.ts';
import { readState } from '../../vagrant/lab/state.ts';
import { home } from '../lab.ts';
import type { Row } from './figures.ts';
import { script } from './script.ts';

/** Pods from `create` to Ready, beside what bare CRI calls for the same take, in turn. */
export async function measurePods(
  layout: LabLayout,
  counts: readonly { readonly count: number; readonly runs: number; readonly bar: number }[],
): Promise<readonly Row[]> {
  await using connection = await connect(layout.kubeconfig, { userAgent: 'skiff-bench' });
  const { client } = connection;
  await client.create(namespaces, { metadata: { name: 'bench' } }, AbortSignal.timeout(10_000));
  await podsReady(client, 1, 'warm'); // the first of a node does what is done once
  const rows: Row[] = [];
  for (const { count, runs, bar } of counts) {
    const bare: number[] = [];
    const real: number[] = [];
    const gone: number[] = [];
    for (let run = 0; run < runs; run++) {
      bare.push(await bareCri(layout, count));
      const times = await podsReady(client, count, `p${count}-${run}`);
      real.push(times.ms);
      gone.push(times.goneMs);
    }
    const name = `${count} pod${count > 1 ? 's' : ''}`;
    rows.push({ name: `${name}: bare CRI`, unit: 'ms', values: bare });
    rows.push({ name: `${name}: create to Ready`, unit: 'ms', values: real });
    rows.push({ name: `${name}: ratio`, unit: 'x', values: real.map((ms, i) => ms / bare[i]!), atMost: bar });
    rows.push({ name: `${name}: delete to gone`, unit: 'ms', values: gone });
  }
  await client.delete(namespaces, { name: 'bench' }, AbortSignal.timeout(10_000));
  return rows;
}

/** The agent would end what it does not know: it stands still meanwhile. */
export async function bareCri(layout: LabLayout, count: number): Promise<number> {
  const agent = readState(layout.dataDir)!.processes[`${layout.nodes[0]!.name}/agent`]!;
  send(agent, 'SIGSTOP');
  try {
    return await runBare(layout, count);
  } finally {
    send(agent, 'SIGCONT');
  }
}

async function runBare(layout: LabLayout, count: number): Promise<number> {
  const node = layout.nodes[0]!;
  const program = [
    process.execPath,
    `${home}/test/bench/bare-cri.ts`,
    `unix://${node.containerdSocket}`,
    String(count),
    `${node.cgroupRoot}/bare`,
  ];
  const { stdout } = await execa('nsenter', [...enter(node), ...program]);
  return (JSON.parse(stdout) as { ms: number }).ms;
}

interface PodTimes {
  readonly ms: number;
  readonly goneMs: number;
}

/** Milliseconds from the first `create` until the watch has shown all of them Ready; they are gone when it returns. */
export async function podsReady(client: Client, count: number, name: string, onReady = () => {}): Promise<PodTimes> {
  const signal = AbortSignal.timeout(120_000);
  const labels = { bench: name };
  const options = { namespace: 'bench', labelSelector: `bench=${name}` };
  const { metadata } = await client.list(podResource, options, signal);
  const all = Promise.withResolvers<number>();
  const ready = new Set<string>();
  const watching = new AbortController();
  const startedMs = performance.now();
  void (async () => {
    for await (const { object } of client.watch(
      podResource,
      { ...options, resourceVersion: metadata.resourceVersion! },
      AbortSignal.any([signal, watching.signal]),
    )) {
      if (isReady(object)) ready.add(object.metadata.name);
      if (ready.size === count) all.resolve(performance.now() - startedMs);
    }
  })().catch((error) => all.reject(error));
  await Promise.all(
    Array.from({ length: count }, (_, i) => client.create(podResource, draft(`${name}-${i}`, labels), signal)),
  );
  const ms = await all.promise;
  onReady();
  watching.abort();
  const goneFromMs = performance.now();
  await client.deleteCollection(podResource, options, signal);
  while ((await client.list(podResource, options, signal)).items.length > 0)
    await new Promise((resolve) => setTimeout(resolve, 50));
  return { ms, goneMs: performance.now() - goneFromMs };
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
}

function draft(name: string, labels: Readonly<Record<string, string>>) {
  return {
    metadata: { name, namespace: 'bench', labels },
    spec: {
      nodeSelector: { 'kubernetes.io/hostname': 'node1' },
      terminationGracePeriodSeconds: 5,
      containers: [{ name: 'main', image: 'skiff.local/tools:1', command: ['sh', '-c', script] }],
    },
  } as never;
}
