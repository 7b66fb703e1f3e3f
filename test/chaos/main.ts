// `npm run chaos`: the control plane is killed at random while workloads roll and scale, Jobs run and nodes come and go.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import type { KubeObject } from '#lib/api/resource.ts';
import { stopOnSignals } from '../stop.ts';
import type { Broken } from './judge/history.ts';
import { runRound } from './round.ts';

const seedFile = new URL('seeds.txt', import.meta.url);
/** Seeds that failed here, with what the server said: until their cause is known. */
const failures = new URL('../../.cache/chaos/', import.meta.url);
const options = new Command('npm run chaos --')
  .description(
    'Kill the control plane at random while workloads roll and scale, Jobs run and nodes come and go.\n' +
      'Without options: each seed that ever failed, and a new one.',
  )
  .option('--seed <number>', 'this one alone; the same seed plans the same')
  .option('--seconds <number>', 'how long things are disturbed for each seed (180, with --short 35)')
  .option('--minutes <number>', 'a limit: new seeds, too, until then')
  .option('--short', 'one new seed, in 75 s at the most where the machine is not busy')
  .parse()
  .opts<{ seed?: string; seconds?: string; minutes?: string; short?: boolean }>();

const say = (line: string) => void process.stdout.write(`${line}\n`);
const startedMs = performance.now();
const stop = stopOnSignals(say);
const isShort = options.short === true;
const settleSeconds = 25; // start and judgement, too
const folder = fileURLToPath(failures);
let passed = 0;
let failed: number | undefined;
for (const seed of seeds()) {
  if (stop.signal.aborted || failed !== undefined || leftSeconds() < 2 * settleSeconds) break;
  say(`seed ${seed}`);
  const seconds = Math.min(Number(options.seconds ?? (isShort ? 35 : 180)), leftSeconds() - settleSeconds);
  try {
    const broken = await runRound({ seed, seconds, isShort, folder, say }, stop.signal);
    for (const one of broken.slice(0, 20)) show(one);
    if (broken.length > 20) say(`and ${broken.length - 20} more`);
    if (broken.length > 0) failed = seed;
    else passed++;
  } catch (error) {
    if (stop.signal.aborted) break;
    say(`BROKEN by an error: ${error instanceof Error ? error.stack : error}`);
    failed = seed;
  }
}
if (failed !== undefined) {
  mkdirSync(failures, { recursive: true });
  appendFileSync(new URL('seeds.txt', failures), `${failed}\n`);
  say(`The server's log, the history and all objects are in ${folder}${failed}.*`);
  say(
    `Keep the seed in test/chaos/seeds.txt once its cause is known. Again: npm run chaos -- --seed ${failed}${isShort ? ' --short' : ''}`,
  );
}
say(failed === undefined ? `${passed} passed` : `FAILED: seed ${failed}`);
process.exit(stop.exitCode() ?? (failed !== undefined || passed === 0 ? 1 : 0));

function show({ rule, what, objects }: Broken): void {
  say(`BROKEN (${rule}): ${what}`);
  for (const object of objects.slice(0, 30)) say(`    ${described(object)}`);
}

function described({ kind, metadata, ...rest }: KubeObject): string {
  const { spec, status } = rest as { spec?: Record<string, unknown>; status?: Record<string, unknown> };
  const { name, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp, ownerReferences } = metadata;
  const facts = {
    kind,
    resourceVersion,
    generation,
    creationTimestamp,
    deletionTimestamp,
    owner: ownerReferences?.[0]?.name,
    replicas: spec?.['replicas'],
    node: spec?.['nodeName'],
    phase: status?.['phase'],
    observed: status?.['observedGeneration'],
  };
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  return `${name} ${uid} ${known.map(([key, value]) => `${key}=${value}`).join(' ')}`;
}

function* seeds(): Generator<number> {
  const fresh = () => Math.floor(Math.random() * 2 ** 31);
  if (options.seed !== undefined) return yield Number(options.seed);
  if (isShort) return yield fresh();
  yield* keptSeeds();
  if (options.minutes === undefined) return yield fresh();
  for (;;) yield fresh();
}

function leftSeconds(): number {
  return Number(options.minutes ?? Number.POSITIVE_INFINITY) * 60 - (performance.now() - startedMs) / 1000;
}

function keptSeeds(): readonly number[] {
  const files = [seedFile, new URL('seeds.txt', failures)].filter((file) => existsSync(file));
  const lines = files.flatMap((file) => readFileSync(file, 'utf8').split('\n'));
  const kept = lines.map((line) => line.replace(/#.*/, '').trim()).filter(Boolean);
  return [...new Set(kept.map(Number))];
}
