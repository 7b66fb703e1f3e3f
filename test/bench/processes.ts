import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '#lib/client/connect.ts';
import type { LabLayout } from '../../vagrant/lab/layout.ts';
import { readState } from '../../vagrant/lab/state.ts';
import type { Row } from './figures.ts';
import { firstNode, startPods } from './run-pods.ts';

/** Resident memory and CPU of each process of the first node, while nothing happens. */
export async function measureIdle(
  layout: LabLayout,
  what: string,
  bar?: number,
  agentBars?: { readonly memory: number; readonly cpu: number },
): Promise<readonly Row[]> {
  await delay(settleMs);
  const { processes } = readState(layout.dataDir)!;
  const names = ['server', 'node1/agent', 'node1/containerd'];
  const samples: { memory: number[]; cpu: number[] }[] = names.map(() => ({ memory: [], cpu: [] }));
  const pids = names.map((name) => processes[name]!.pid);
  for (let run = 0; run < 5; run++) {
    const before = pids.map(ticksOf);
    await delay(windowMs);
    for (const [i, pid] of pids.entries()) {
      samples[i]!.memory.push(residentMb(pid));
      samples[i]!.cpu.push((ticksOf(pid) - before[i]!) * (1000 / ticksPerSecond / windowMs) * 100);
    }
  }
  const together = samples[0]!.memory.map((mb, run) => mb + samples[1]!.memory[run]!);
  return [
    ...names.flatMap((name, i): Row[] => {
      const bars = name === 'node1/agent' ? agentBars : undefined;
      const { memory, cpu } = samples[i]!;
      return [
        { name: `${name}, ${what}: resident`, unit: 'MB', values: memory, ...(bars && { atMost: bars.memory }) },
        { name: `${name}, ${what}: CPU`, unit: '% of a core', values: cpu, ...(bars && { atMost: bars.cpu }) },
      ];
    }),
    {
      name: `server and one agent, ${what}: resident`,
      unit: 'MB',
      values: together,
      ...(bar === undefined ? {} : { atMost: bar }),
    },
  ];
}
const settleMs = 12_000; // what a start took is given back by then
const windowMs = 4_000;
export const ticksPerSecond = 100;

/** The same while so many pods run on the first node: the agent under 2 % of a core, which is counted in quarters. */
export async function measureIdleWithPods(layout: LabLayout, count: number, image: string): Promise<readonly Row[]> {
  await using connection = await connect(layout.kubeconfig, { userAgent: 'skiff-bench' });
  const { client } = connection;
  const place = { namespace: 'default', image, node: await firstNode(client) };
  const started = await startPods(client, count, 'idle', place);
  const rows = await measureIdle(layout, `${count} pods`, undefined, { memory: 100, cpu: 1.75 });
  await started.end();
  return rows;
}

export function residentMb(pid: number): number {
  const kb = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kb) / 1024;
}

export function ticksOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
