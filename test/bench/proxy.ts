import { execa } from 'execa';
import { home } from '../lab.ts';
import type { Row } from './figures.ts';

/** How long the rules of all Services take, and how soon a change of one of them is in force, on real kernel rules. */
export async function measureProxy(counts: readonly number[], runs: number): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const count of counts) {
    const full: number[] = [];
    const one: number[] = [];
    for (let run = 0; run < runs; run++) {
      const program = [process.execPath, `${home}/agent/live/bench-proxy.ts`, String(count), '20'];
      const { stdout } = await execa('unshare', ['--net', ...program]); // the rules end with the namespace
      const { firstMs, p50 } = JSON.parse(stdout) as { firstMs: number; p50: number };
      full.push(firstMs);
      one.push(p50);
    }
    const name = `proxy, ${count.toLocaleString('en')} Services`;
    rows.push(
      { name: `${name}: all`, unit: 'ms', values: full },
      { name: `${name}: one change`, unit: 'ms', values: one },
    );
  }
  return rows;
}
