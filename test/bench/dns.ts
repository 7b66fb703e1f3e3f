import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { agentFlags } from '../../vagrant/lab/lab.ts';
import { home } from '../lab.ts';
import type { Row } from './figures.ts';

/**
 * What DNS does on one core, by itself, in a process with an agent's settings: how long a thousand cached questions take it, and
 * how late its answers are when 20,000 questions a second are put to it, whether it keeps up or not. The clients have the
 * other core.
 */
export async function measureDns(runs: number): Promise<readonly Row[]> {
  const file = `${home}/agent/live/bench-dns.ts`;
  const words = ['-c', '0', process.execPath, ...agentFlags, file, 'serve'];
  const server = spawn('taskset', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const client = async <T extends { readonly wrong: number }>(what: string, ...numbers: number[]): Promise<T> => {
    const port = String(line).trim();
    // It is not what is measured: it goes before others on its core, and seldom has to clear up.
    const own = ['-n', '-10', 'taskset', '-c', '1', process.execPath, '--max-semi-space-size=64', file];
    const { stdout } = await execa('nice', [...own, what, port, ...numbers.map(String)]);
    const said = JSON.parse(stdout) as T;
    if (said.wrong > 0) throw new Error(`${said.wrong} answers were wrong`);
    return said;
  };
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  const thousands: number[] = [];
  const middles: number[] = [];
  const lates: number[] = [];
  const lost: number[] = [];
  const waits: number[] = [];
  try {
    for (let run = 0; run < runs; run++) {
      const { perSecond } = await client<Asked>('ask', 3, 16);
      thousands.push(1_000_000 / perSecond);
      const beforeMs = waitedMs(server.pid!);
      const offered = await client<Offered>('offer', 5, 20_000);
      waits.push(waitedMs(server.pid!) - beforeMs);
      middles.push(offered.p50Ms);
      lates.push(offered.p99Ms ?? Number.POSITIVE_INFINITY);
      lost.push(offered.lost);
    }
  } finally {
    server.kill();
  }
  const rate = 'dns, one core, 20,000 questions a second';
  return [
    { name: 'dns, one core: 1,000 cached questions', unit: 'ms', values: thousands, atMost: 50 },
    { name: `${rate}: p50`, unit: 'ms', values: middles },
    { name: `${rate}: p99`, unit: 'ms', values: lates, atMost: 2 },
    { name: `${rate}: not answered`, unit: 'of 100,000', values: lost },
    { name: `${rate}: kept from its core by others`, unit: 'ms of 8 s', values: waits },
  ];
}

interface Asked {
  readonly perSecond: number;
  readonly wrong: number;
}

interface Offered {
  readonly p50Ms: number;
  /** null: one of a hundred was never answered. */
  readonly p99Ms: number | null;
  readonly lost: number;
  readonly wrong: number;
}

/** How long the process was ready to run while something else had its core: a busy machine is no fault of the program's. */
function waitedMs(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1_000_000;
}
