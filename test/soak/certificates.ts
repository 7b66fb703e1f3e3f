// `npm run soak:certificates`: a cluster under load whose certificates live for minutes. No request may fail, no node may
// be less than Ready, and every certificate must have been renewed as often as it should.
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { parseDuration } from '#lib/api/json/duration.ts';
import { createClock } from '#lib/clock.ts';
import { makeLab } from '../lab.ts';
import { stopOnSignals } from '../stop.ts';
import { type Load, runLoad } from './load.ts';
import { countRenewals } from './renewals.ts';

const options = new Command('npm run soak:certificates --')
  .description('Run a cluster under load through several lives of its certificates.')
  .option('--lifetime <duration>', 'how long a certificate lives', '2m')
  .option('--lives <number>', 'how many lives', '10')
  .option('--workers <number>', 'how many clients of each kind ask at once', '2')
  .parse()
  .opts<{ readonly lifetime: string; readonly lives: string; readonly workers: string }>();

const clock = createClock();
const stop = stopOnSignals((line) => process.stderr.write(`${line}\n`));
const lifetimeMs = Number(parseDuration(options.lifetime) / 1_000_000n);
const lives = Number(options.lives);
const lab = await makeLab('skiff-soak', ['--certificate-lifetime', options.lifetime], stop.signal);
try {
  const fromMs = clock.now();
  const end = AbortSignal.any([stop.signal, AbortSignal.timeout(lifetimeMs * lives)]);
  const load = await runLoad({ layout: lab.layout, lifetimeMs, workers: Number(options.workers), clock }, end);
  const logs = ['server', ...lab.layout.nodes.map(({ name }) => `${name}/agent`)];
  const renewals = countRenewals(logs.map((name) => [name, readFileSync(`${lab.layout.logDir}/${name}.log`, 'utf8')]));
  process.exitCode = report(load, renewals, (clock.now() - fromMs) / 1000) ? 0 : 1;
} finally {
  await lab.remove();
}

function report(load: Load, renewals: ReadonlyMap<string, number>, seconds: number): boolean {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  say(`${seconds.toFixed(0)} s, certificates of ${options.lifetime}`);
  for (const [kind, { done, failed }] of load.requests) {
    say(`${kind.padEnd(28)} ${String(done).padStart(8)} done ${String(failed.length).padStart(6)} failed`);
    for (const why of new Set(failed.slice(0, 20))) say(`    ${why}`);
  }
  for (const [what, count] of renewals) say(`${what.padEnd(28)} ${String(count).padStart(8)} renewed`);
  for (const line of load.notReady) say(`not Ready: ${line}`);
  const least = Math.floor(lives) - 1; // one is renewed before its end: at least so often in so many lives
  const tooFew = [...renewals].filter(([, count]) => count < least);
  for (const [what, count] of tooFew) say(`too few: ${what} was renewed ${count} times, not ${least}`);
  const isGood =
    load.notReady.length === 0 &&
    tooFew.length === 0 &&
    [...load.requests.values()].every(({ failed }) => failed.length === 0);
  say(isGood ? 'No request failed.' : 'It did not hold.');
  return isGood;
}
