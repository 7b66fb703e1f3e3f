// `npm run test:faults`: a node whose runtime lies, loses and stumbles, seed by seed.
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { Command } from 'commander';
import { connect } from '#lib/client/connect.ts';
import { makeLab } from '../lab.ts';
import { stopOnSignals } from '../stop.ts';
import { traces } from '../traces.ts';
import { openFaultyNode } from './node.ts';
import { runRound } from './round.ts';

const seedFile = new URL('seeds.txt', import.meta.url);
/** Seeds that failed here, with what the agent said: until their cause is known. */
const failures = new URL('../../.cache/faults/', import.meta.url);
const options = new Command('npm run test:faults --')
  .description('Pods come and go while calls to the runtime fail, answers are lost and events double or vanish.')
  .option('--minutes <number>', 'new seeds for so long, instead of those that are kept')
  .option('--seeds <numbers...>', 'these seeds, instead')
  .option('--containerd <folder>', 'run the containerd of this folder')
  .option('--keep', 'leave the cluster of a seed that failed')
  .parse()
  .opts<{ minutes?: string; seeds?: readonly string[]; containerd?: string; keep?: boolean }>();

const say = (line: string) => void process.stdout.write(`${line}\n`);
const startedMs = performance.now();
const more = options.containerd === undefined ? [] : ['--containerd', options.containerd];
const stop = stopOnSignals(say);
const before = traces();
const lab = await makeLab('skiff-faults', ['--no-workload', '--nodes', '1', ...more], stop.signal);
let passed = 0;
const failed: number[] = [];
try {
  await using connection = await connect(lab.layout.kubeconfig, { userAgent: 'skiff-faults' });
  const node = await openFaultyNode(lab.layout);
  for (const seed of seeds()) {
    if (stop.signal.aborted) break;
    const wrong = await runRound({ seed, client: connection.client, layout: lab.layout, node, say });
    if (wrong.length === 0) passed++;
    else failed.push(seed);
    say(wrong.length === 0 ? `seed ${seed}: passed` : `seed ${seed}: FAILED\n  ${wrong.join('\n  ')}`);
    if (wrong.length > 0) keep(seed);
    if (wrong.length > 0) break; // what is left would be taken for the next one's
  }
  node.close();
  node.cri.close();
} finally {
  if (options.keep && failed.length > 0) say(`The cluster is left in ${lab.layout.dataDir}`);
  else await lab.remove();
}
const left = options.keep && failed.length > 0 ? [] : traces().filter((line) => !before.includes(line));
if (left.length > 0) say(`left of the cluster:\n  ${left.join('\n  ')}`);
if (failed.length > 0) say(`Keep the seed in test/faults/seeds.txt once its cause is known: ${failed.join(' ')}`);
say(`${passed} passed, ${failed.length} failed`);
process.exit(stop.exitCode() ?? (failed.length > 0 || left.length > 0 || passed === 0 ? 1 : 0));

/** For the next run without options, and for whoever looks for the cause. */
function keep(seed: number): void {
  mkdirSync(failures, { recursive: true });
  appendFileSync(new URL('seeds.txt', failures), `${seed}\n`);
  cpSync(`${lab.layout.logDir}/${lab.layout.nodes[0]!.name}/agent.log`, new URL(`${seed}.agent.log`, failures));
  say(`seed ${seed} is kept in .cache/faults, with what the agent said`);
}

/** The kept ones, or new ones until the time is over. */
function* seeds(): Generator<number> {
  if (options.seeds !== undefined) return yield* options.seeds.map(Number);
  if (options.minutes === undefined) return yield* keptSeeds();
  while (performance.now() - startedMs < Number(options.minutes) * 60_000) yield Math.floor(Math.random() * 2 ** 31);
}

function keptSeeds(): readonly number[] {
  const files = [seedFile, new URL('seeds.txt', failures)].filter((file) => existsSync(file));
  const lines = files.flatMap((file) => readFileSync(file, 'utf8').split('\n'));
  const seeds = lines
    .map((line) => line.replace(/#.*/, '').trim())
    .filter(Boolean)
    .map(Number);
  return [...new Set(seeds)];
}
