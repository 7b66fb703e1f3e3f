import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execa } from 'execa';
import { home } from '../lab.ts';
import type { Row } from './figures.ts';

/** How long a thousand cached questions take DNS on one core, and how late the latest of a hundred answers is. */
export async function measureDns(runs: number): Promise<readonly Row[]> {
  const program = [process.execPath, `${home}/agent/live/bench-dns.ts`];
  const server = spawn('taskset', ['-c', '0', ...program, 'serve'], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [line] = (await once(server.stdout, 'data')) as [Buffer];
    const thousands: number[] = [];
    const lates: number[] = [];
    for (let run = 0; run < runs; run++) {
      const { stdout } = await execa('taskset', ['-c', '1', ...program, 'ask', String(line).trim(), '3', '16']);
      const { perSecond, p99Ms, wrong } = JSON.parse(stdout) as { perSecond: number; p99Ms: number; wrong: number };
      if (wrong > 0) throw new Error(`${wrong} answers were wrong`);
      thousands.push(1_000_000 / perSecond);
      lates.push(p99Ms);
    }
    return [
      { name: 'dns, one core: 1,000 cached questions', unit: 'ms', values: thousands, atMost: 50 },
      { name: 'dns, one core: p99', unit: 'ms', values: lates, atMost: 2 },
    ];
  } finally {
    server.kill();
  }
}
