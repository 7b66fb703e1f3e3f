import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { namespaces } from '#lib/api/resources.ts';
import { connect } from '#lib/client/connect.ts';
import type { LabLayout } from '../../vagrant/lab/layout.ts';
import { enter } from '../../vagrant/lab/node.ts';
import { send } from '../../vagrant/lab/processes.ts';
import { readState } from '../../vagrant/lab/state.ts';
import { home } from '../lab.ts';
import { quantile, type Row } from './figures.ts';
import { firstNode, type PodPlace, startPods } from './run-pods.ts';

export interface PodsOptions {
  readonly kubeconfig: string;
  /** Of the lab whose first node also does bare CRI calls; without it there is nothing to compare with. */
  readonly layout?: LabLayout;
  readonly counts: readonly { readonly count: number; readonly runs: number; readonly bar: number }[];
  readonly image: string;
  readonly label: string;
}

/** Pods from `create` to Ready, beside what bare CRI calls for the same take, in turn. */
export async function measurePods(options: PodsOptions): Promise<readonly Row[]> {
  const { layout, counts, image, label } = options;
  await using connection = await connect(options.kubeconfig, { userAgent: 'skiff-bench' });
  const { client } = connection;
  const namespace = `bench-${Date.now()}`;
  await client.create(namespaces, { metadata: { name: namespace } }, AbortSignal.timeout(10_000));
  const place: PodPlace = { namespace, image, node: await firstNode(client) };
  await (await startPods(client, 1, 'warm', place)).end(); // the first of a node does what is done once
  const rows: Row[] = [];
  for (const { count, runs, bar } of counts) {
    const [bare, ready, gone]: [number[], number[], number[]] = [[], [], []];
    const each: number[] = [];
    for (let run = 0; run < runs; run++) {
      if (layout !== undefined) bare.push(await bareCri(layout, count));
      await delay(catchUpMs); // an agent that stood still hears of all at once, and clears the last pods away
      const started = await startPods(client, count, `p${count}-${run}`, place);
      ready.push(started.readyMs);
      each.push(...started.eachMs);
      gone.push(await started.end());
    }
    const name = `${label}${count} pod${count > 1 ? 's' : ''}`;
    rows.push({ name: `${name}: create to Ready`, unit: 'ms', values: ready });
    if (layout !== undefined) {
      rows.push({ name: `${name}: bare CRI`, unit: 'ms', values: bare });
      rows.push({ name: `${name}: ratio`, unit: 'x', values: ready.map((ms, i) => ms / bare[i]!), atMost: bar });
    }
    if (count > 1) rows.push({ name: `${name}: each of them`, unit: 'ms', values: each });
    rows.push({ name: `${name}: each of them, p99`, unit: 'ms', values: [quantile(each, 0.99)] });
    rows.push({ name: `${name}: delete to gone`, unit: 'ms', values: gone });
  }
  await client.delete(namespaces, { name: namespace }, AbortSignal.timeout(10_000));
  return rows;
}

const catchUpMs = 1_000;

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
