import { execa } from 'execa';
import { nodes } from '#lib/api/resources.ts';
import { connect } from '#lib/client/connect.ts';
import { isReady } from '../../vagrant/lab/cluster.ts';
import type { LabLayout } from '../../vagrant/lab/layout.ts';
import { send } from '../../vagrant/lab/processes.ts';
import { readState } from '../../vagrant/lab/state.ts';
import { home } from '../lab.ts';
import type { Row } from './figures.ts';

/** From the start of the process until /readyz says ok, with data of a cluster there. */
export async function measureServerStart(runs: number): Promise<Row> {
  const values: number[] = [];
  const { mkdtempSync, rmSync } = await import('node:fs');
  const folder = mkdtempSync('/tmp/skiff-bench-server.');
  for (let run = 0; run < runs; run++) values.push(await serverStart(folder));
  rmSync(folder, { recursive: true });
  return { name: 'server: start to ready', unit: 'ms', values, atMost: 2000 };
}

async function serverStart(folder: string): Promise<number> {
  const startedMs = performance.now();
  const words = [
    'cli/main.ts',
    'server',
    '--data-dir',
    folder,
    '--bind-address',
    '127.0.0.1',
    '--secure-port',
    '26443',
  ];
  const child = execa(process.execPath, ['--max-semi-space-size=8', ...words], {
    cwd: home,
    reject: false,
    stdout: 'ignore',
    stderr: 'ignore',
  });
  try {
    for (;;) {
      try {
        await using connection = await connect(`${folder}/admin.conf`);
        await connection.client.raw('GET', '/readyz', AbortSignal.timeout(500));
        return performance.now() - startedMs;
      } catch {
        if (performance.now() - startedMs > 30_000) throw new Error('The server did not become ready');
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  } finally {
    child.kill('SIGTERM');
    await child;
  }
}

/** From the start of an agent until its node, which was made NotReady before, is Ready again. */
export async function measureAgentStart(layout: LabLayout, runs: number): Promise<Row> {
  await using connection = await connect(layout.kubeconfig);
  const { client } = connection;
  const name = layout.nodes[0]!.name;
  const values: number[] = [];
  for (let run = 0; run < runs; run++) {
    const agent = readState(layout.dataDir)!.processes[`${name}/agent`]!;
    send(agent, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 200));
    await client.delete(nodes, { name }, AbortSignal.timeout(10_000)); // it registers anew
    const startedMs = performance.now();
    const up = execa(`${home}/skiff`, ['up', '--isolated', '--no-workload', '--data', layout.dataDir], {
      stdout: 'ignore',
    });
    for (;;) {
      const node = await client.get(nodes, { name }, AbortSignal.timeout(5_000)).catch(() => undefined);
      if (node !== undefined && isReady(node)) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    values.push(performance.now() - startedMs);
    await up;
  }
  return { name: 'agent: start (by `skiff up`) to node Ready', unit: 'ms', values, atMost: 3000 };
}
