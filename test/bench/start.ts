import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { nodes } from '#lib/api/resources.ts';
import { connect } from '#lib/client/connect.ts';
import { isReady } from '../../vagrant/lab/cluster.ts';
import type { LabLayout } from '../../vagrant/lab/layout.ts';
import { send } from '../../vagrant/lab/processes.ts';
import { readState } from '../../vagrant/lab/state.ts';
import { home } from '../lab.ts';
import type { Row } from './figures.ts';
import { temporaryFolder } from './folder.ts';
import { startServer } from './server.ts';

/** From the start of the process until /readyz says ok: the first time, which makes the certificates, and later. */
export async function measureServerStart(runs: number): Promise<readonly Row[]> {
  const first: number[] = [];
  const again: number[] = [];
  for (let run = 0; run < runs; run++) {
    using folder = temporaryFolder('skiff-bench-server');
    for (const values of [first, again]) {
      await using server = await startServer(folder.path);
      values.push(server.readyMs);
    }
  }
  return [
    { name: 'server: start to ready, first time', unit: 'ms', values: first, atMost: 2000 },
    { name: 'server: start to ready', unit: 'ms', values: again, atMost: 2000 },
  ];
}

/** From the start of an agent's process until its node, which was deleted before, is there and Ready. */
export async function measureAgentStart(layout: LabLayout, runs: number): Promise<Row> {
  await using connection = await connect(layout.kubeconfig);
  const { client } = connection;
  const name = layout.nodes[0]!.name;
  const values: number[] = [];
  for (let run = 0; run < runs; run++) {
    send(agentOf(layout, name), 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 200));
    await client.delete(nodes, { name }, AbortSignal.timeout(10_000)); // it registers anew
    const up = execa(`${home}/skiff`, ['up', '--isolated', '--no-workload', '--data', layout.dataDir], {
      stdout: 'ignore',
    });
    for (;;) {
      const node = await client.get(nodes, { name }, AbortSignal.timeout(5_000)).catch(() => undefined);
      if (node !== undefined && isReady(node)) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    values.push(sinceBootMs() - agentOf(layout, name).startTicks * msPerTick);
    await up;
  }
  return { name: 'agent: start to node Ready', unit: 'ms', values, atMost: 3000 };
}
const msPerTick = 10;

function agentOf(layout: LabLayout, node: string) {
  return readState(layout.dataDir)!.processes[`${node}/agent`]!;
}

function sinceBootMs(): number {
  return Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000;
}
