// `npm run bench`: one table, medians and spread, side by side in one run.
import { mkdirSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { makeLab } from '../lab.ts';
import { measureApi } from './api.ts';
import { isWithin, type Row, renderRows } from './figures.ts';
import { measurePods } from './pods.ts';
import { measureIdle } from './processes.ts';
import { measureAgentStart, measureServerStart } from './start.ts';

interface Options {
  readonly only?: readonly string[];
  readonly against?: string;
  readonly runs: string;
  readonly out: string;
}

const program = new Command('npm run bench --')
  .description('Measure a cluster that is brought up for it, isolated.')
  .option('--only <parts...>', 'start, idle, pods, api')
  .option('--against <kubeconfig>', 'measure the API of another cluster, too, in turn')
  .option('--runs <number>', 'how often pods are measured', '5')
  .option('--out <file>', 'results as JSON', '.cache/bench.json')
  .parse();
const options = program.opts<Options>();
const wants = (part: string) => options.only === undefined || options.only.includes(part);
const runs = Number(options.runs);
const rows: Row[] = [];
const show = (more: readonly Row[]) => {
  rows.push(...more);
  process.stdout.write(`${renderRows(more)}\n`);
};

if (wants('start')) show([await measureServerStart(runs)]);
const lab = await makeLab('skiff-bench', ['--no-workload']);
try {
  if (wants('idle')) show(await measureIdle(lab.layout, 'idle', 260));
  if (wants('pods')) {
    const counts = [
      { count: 1, runs: runs * 2, bar: 1.3 },
      { count: 10, runs, bar: 1.5 },
      { count: 30, runs, bar: 1.5 },
    ];
    show(await measurePods(lab.layout, counts));
  }
  if (wants('start')) show([await measureAgentStart(lab.layout, runs)]);
  if (wants('api')) {
    for (let turn = 0; turn < (options.against === undefined ? 1 : 2); turn++) {
      show(await measureApi(lab.layout.kubeconfig, ''));
      if (options.against !== undefined) show(await measureApi(options.against, 'other: '));
    }
  }
} finally {
  await lab.remove();
}
process.stdout.write(`\n${renderRows(rows)}`);
mkdirSync('.cache', { recursive: true });
writeFileSync(options.out, `${JSON.stringify(rows, null, 1)}\n`);
const over = rows.filter((row) => !isWithin(row));
process.stdout.write(
  over.length === 0 ? '\nEvery bar holds.\n' : `\nOver the bar: ${over.map(({ name }) => name).join('; ')}\n`,
);
process.exit(over.length === 0 ? 0 : 1);
