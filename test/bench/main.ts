// `npm run bench`: one table, medians and spread, side by side in one run.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { Command } from 'commander';
import { findComponents } from '../conformance/suite.ts';
import { makeLab } from '../lab.ts';
import { stopOnSignals } from '../stop.ts';
import { type ApiGroup, apiGroups, measureApi } from './api.ts';
import { measureDns } from './dns.ts';
import { measureExits } from './exits.ts';
import { isWithin, type Row, renderRows } from './figures.ts';
import { measureJoin } from './join.ts';
import { measurePods } from './pods.ts';
import { measureIdle, measureIdleWithPods } from './processes.ts';
import { measureProxy } from './proxy.ts';
import { measureScale } from './scale.ts';
import { measureScheduler } from './scheduler.ts';
import { measureSchedulerAlone } from './scheduler-alone.ts';
import { measureAgentStart, measureServerStart } from './start.ts';
import { measureStored } from './stored.ts';
import { measureVersus } from './versus.ts';

interface Options {
  readonly only?: readonly string[];
  readonly against?: string;
  readonly api: readonly ApiGroup[];
  readonly image: string;
  readonly containerd?: string;
  readonly runs: string;
  readonly out: string;
}

const program = new Command('npm run bench --')
  .description('Measure a cluster that is brought up for it, isolated.')
  .option('--only <parts...>', 'start, join, idle, exits, pods, api, store, scheduler, proxy, dns, scale, versus')
  .option('--against <kubeconfig>', 'measure the API and the pods of another cluster, too, in turn')
  .option('--api <groups...>', 'what of the API: requests, lists, watches', [...apiGroups])
  .option('--image <name>', 'what pods run; it must be on the nodes', 'skiff.local/tools:1')
  .option('--containerd <folder>', 'run the containerd of this folder')
  .option('--runs <number>', 'how often each is measured', '5')
  .option('--out <file>', 'results as JSON', '.cache/bench.json')
  .parse();
const options = program.opts<Options>();
const { against, image } = options;
const runs = Number(options.runs);
const turns = against === undefined ? 1 : 2; // A B A B
const rows: Row[] = [];

function wants(part: string): boolean {
  return options.only === undefined || options.only.includes(part);
}

async function show(part: string, measure: () => Promise<readonly Row[]>): Promise<void> {
  if (!wants(part)) return;
  const more = await measure();
  rows.push(...more);
  process.stdout.write(`${renderRows(more)}\n`);
}

// Nothing that is measured asks whether it is to stop: the process ends under it, once the cluster is gone.
const stop = stopOnSignals((line) => process.stderr.write(`${line}\n`));
let clear = async () => {};
stop.signal.addEventListener('abort', () => void clear().finally(() => process.exit(stop.exitCode())));

await show('start', () => measureServerStart(runs));
await show('store', () => measureStored({ pods: 10_000, others: 5_000 }));
await show('scheduler', () => measureScheduler([100, 1_000], runs));
if (options.only?.includes('scale')) {
  // Heavy: only where it is asked for.
  await show('scale', () => measureSchedulerAlone([1_000, 5_000], runs));
  await show('scale', () => measureScale({ nodes: 1_000, pods: 10_000, leases: 5_000 }));
}
if (options.only?.includes('versus')) await show('versus', () => measureVersus(2, options.api));
await show('proxy', () => measureProxy([100, 1_000, 10_000], runs, findComponents()));
await show('dns', () => measureDns(runs));
if (['idle', 'exits', 'pods', 'start', 'api', 'join'].some(wants)) {
  const { containerd } = options;
  const more = containerd === undefined ? [] : ['--containerd', containerd];
  const making = makeLab('skiff-bench', ['--no-workload', ...more], stop.signal);
  clear = () =>
    making.then(
      (lab) => lab.remove(),
      () => {}, // what is stopped on its way clears itself away
    );
  const lab = await making;
  const { kubeconfig } = lab.layout;
  const counts = [
    { count: 1, runs: runs * 4, bar: 1.2 },
    { count: 10, runs, bar: 1.3 },
    { count: 30, runs, bar: 1.3 },
  ];
  try {
    await show('idle', () => measureIdle(lab.layout, 'idle', 260));
    await show('idle', () => measureIdleWithPods(lab.layout, 50, image));
    await show('exits', () => measureExits(lab.layout, 2, image));
    for (let turn = 0; turn < turns; turn++) {
      await show('pods', () => measurePods({ kubeconfig, layout: lab.layout, counts, image, label: '' }));
      if (against === undefined) continue;
      await show('pods', () => measurePods({ kubeconfig: against, counts, image, label: 'other: ' }));
    }
    await show('start', async () => [await measureAgentStart(lab.layout, runs)]);
    await show('join', async () => [await measureJoin(lab.layout, runs)]);
    for (let turn = 0; turn < turns; turn++) {
      await show('api', () => measureApi(kubeconfig, '', options.api));
      if (against !== undefined) await show('api', () => measureApi(against, 'other: ', options.api));
    }
  } finally {
    await lab.remove();
  }
}

const all = merged(rows);
process.stdout.write(`\n${renderRows(all)}`);
mkdirSync(dirname(options.out), { recursive: true });
const about = { at: new Date().toISOString(), cpus: cpus().length, model: cpus()[0]?.model, node: process.version };
writeFileSync(options.out, `${JSON.stringify({ ...about, rows: all }, null, 1)}\n`);
const over = all.filter((row) => !isWithin(row));
process.stdout.write(
  over.length === 0 ? '\nEvery bar holds.\n' : `\nOver the bar: ${over.map(({ name }) => name).join('; ')}\n`,
);
process.exit(over.length === 0 ? 0 : 1);

/** What was measured in several turns becomes one row. */
function merged(all: readonly Row[]): readonly Row[] {
  const byName = new Map<string, Row>();
  for (const row of all) {
    const before = byName.get(row.name);
    byName.set(row.name, before === undefined ? row : { ...row, values: [...before.values, ...row.values] });
  }
  return [...byName.values()];
}
