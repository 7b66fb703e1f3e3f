// `npm run fuzz`: hostile input in great numbers for what reads it. Each failure names a seed that shows it again.
import { Command } from 'commander';
import { setLinearPatterns } from '../../controlplane/apiserver/customresources/linear-patterns.ts';
import { createRandom } from '../chaos/random.ts';
import { assertUnpolluted } from './refusals.ts';
import { createServerTarget } from './server.ts';
import type { Target } from './target.ts';
import { targets } from './targets.ts';

const program = new Command('npm run fuzz --')
  .description('Give hostile input in great numbers to what reads it.')
  .option('--seed <number>', 'of the first case; each further one has the next', String(Date.now() % 1_000_000_000))
  .option('--cases <number>', 'for each target', '20000')
  .option('--seconds <number>', 'in all, instead of a number of cases')
  .option('--target <name>', `one of ${targets.map(({ name }) => name).join(', ')}, server; all if absent`)
  .parse();
const options = program.opts<{
  readonly seed: string;
  readonly cases: string;
  readonly seconds?: string;
  readonly target?: string;
}>();
const [first, count] = [Number(options.seed), Number(options.cases)];
/** Upstream's limits let an expression work that long; anything else takes a fraction of it. */
const mostMs = 2000;
const mostMegabytes = 1500;
const mostCases = 10_000_000;

setLinearPatterns();
let failed = 0;
let total = 0;
const wants = (name: string): boolean => options.target === undefined || options.target === name;
/** Milliseconds for each target. */
const share = (Number(options.seconds ?? Number.NaN) * 1000) / (options.target === undefined ? targets.length + 1 : 1);
const limits = (cases: number): Limits =>
  options.seconds === undefined ? { cases, ms: Number.POSITIVE_INFINITY } : { cases: mostCases, ms: share };
for (const target of targets) if (wants(target.name)) await campaign(target, limits(count));
if (wants('server')) {
  await using server = await createServerTarget();
  // A request takes a hundred times as long as what the others do.
  await campaign(server, limits(options.target === undefined ? Math.ceil(count / 20) : count));
}
const megabytes = process.resourceUsage().maxRSS / 1024;
if (megabytes > mostMegabytes) failed++;
tell(`${total} cases, ${Math.round(megabytes)} MB at most, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

interface Limits {
  readonly cases: number;
  readonly ms: number;
}

async function campaign(target: Target, { cases, ms }: Limits): Promise<void> {
  const fromMs = performance.now();
  let [slowest, slowestMs] = [first, 0];
  let seed = first;
  for (; seed < first + cases && performance.now() - fromMs < ms; seed++) {
    const caseMs = performance.now();
    try {
      await target.run(createRandom(seed));
      assertUnpolluted();
    } catch (error) {
      failed++;
      tell(`FAIL ${target.name} --seed ${seed} --cases 1: ${(error as Error).stack ?? error}`);
      if (failed > 20) process.exit(1);
    }
    const tookMs = performance.now() - caseMs;
    if (tookMs > slowestMs) [slowest, slowestMs] = [seed, tookMs];
  }
  if (slowestMs > mostMs) {
    failed++;
    tell(`FAIL ${target.name} --seed ${slowest} --cases 1: took ${Math.round(slowestMs)} ms`);
  }
  const seconds = ((performance.now() - fromMs) / 1000).toFixed(1);
  total += seed - first;
  tell(
    `${target.name}: ${seed - first} cases from ${first} on in ${seconds} s, the slowest ${Math.round(slowestMs)} ms`,
  );
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}
