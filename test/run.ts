// `npm test`: types, style, unit tests, then live tests on a real cluster. Closes with `N passed, N failed`.
import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { failedFiles } from './again.ts';
import { addGreen, modernGreenFile, readGreen } from './conformance/green.ts';
import { type Counts, countResults } from './count.ts';
import { failureReport } from './failures.ts';
import { stopOnSignals } from './stop.ts';
import { missingTitles, passedTitles } from './titles.ts';
import { traces } from './traces.ts';

interface Part {
  readonly name: string;
  readonly words: readonly string[];
  /** A command that is one check, rather than a run of many tests. */
  readonly isCheck?: boolean;
  /** Its tests share machine and cluster with others: `--again` has those that fail run once more, alone. */
  readonly isShared?: boolean;
  /** What hangs is ended after so long, and has failed. */
  readonly limitMinutes: number;
}

interface Options {
  readonly unit?: boolean;
  readonly live?: boolean;
  readonly modern?: boolean;
  readonly modernOnly?: boolean;
  readonly again?: boolean;
  readonly network?: boolean;
  readonly addGreen?: boolean;
  readonly containerd?: string;
  readonly etcd?: boolean;
}

const program = new Command('npm test --')
  .description('Check types and style, then run the unit tests, and the live tests on a cluster brought up for them.')
  .argument('[files...]', 'live test files, instead of all')
  .option('--unit', 'types, style and unit tests alone')
  .option('--live', 'live tests alone')
  .option('--modern', 'our own specs of v1.37, too')
  .option('--modern-only', 'these alone')
  .option('--network', 'alone: several segments and families, each mode of the proxy')
  .option('--again', 'run what fails beside others once more, alone, and name it')
  .option('--add-green', 'record which specs of v1.37 pass')
  .option('--containerd <folder>', 'run the containerd of this folder')
  .option('--etcd', 'a control plane that keeps its objects in etcd')
  .parse();
const values = program.opts<Options>();
const positionals = program.args;
const home = new URL('..', import.meta.url).pathname;
const data = mkdtempSync('/tmp/skiff-test.');
const containerd = values.containerd === undefined ? undefined : resolve(values.containerd);
const node = process.execPath;
const ava = [node, 'node_modules/ava/entrypoints/cli.js'];
const modern = 'test/conformance/modern/*.live.test.ts';
const network = 'test/network/*.live.test.ts';
const only = values.network
  ? 'network'
  : values.modernOnly
    ? 'modern'
    : values.live
      ? 'live'
      : values.unit
        ? 'unit'
        : undefined;
const wants = (part: string) => only === undefined || only === part;
const stop = stopOnSignals((line) => process.stdout.write(`${line}\n`));

const unitParts: readonly Part[] = [
  { name: 'types', words: [node, 'node_modules/typescript/bin/tsc', '-p', '.'], isCheck: true, limitMinutes: 5 },
  {
    name: 'style',
    words: [node, 'node_modules/@biomejs/biome/bin/biome', 'check', '.'],
    isCheck: true,
    limitMinutes: 5,
  },
  { name: 'unit', words: [...ava, '**/*.test.ts', '!**/*.live.test.ts', '!**/*.machine.test.ts'], limitMinutes: 15 },
];
const serially = [...ava, '--serial', '--concurrency=1'];
// What shares the cluster, and what brings up all that it needs by itself: side by side.
const liveRuns: readonly Part[] =
  positionals.length > 0
    ? [{ name: 'live', words: [...serially, ...positionals], isShared: true, limitMinutes: 25 }]
    : [
        {
          name: 'live',
          words: [...serially, 'test/**/*.live.test.ts', `!${modern}`, `!${network}`],
          isShared: true,
          limitMinutes: 25,
        },
        { name: 'live parts', words: [...serially, '**/*.live.test.ts', '!test/**'], isShared: true, limitMinutes: 25 },
      ];
const up = [
  './skiff',
  'up',
  '--isolated',
  '--data',
  data,
  '--api-port',
  '0',
  ...(containerd === undefined ? [] : ['--containerd', containerd]),
  ...(values.etcd ? ['--etcd'] : []),
];
const down: Part = { name: 'down', words: ['./skiff', 'down', '--data', data], isCheck: true, limitMinutes: 5 };
/** One after the other; those of one step side by side. */
const liveSteps: readonly (readonly Part[])[] = [
  [{ name: 'up', words: up, isCheck: true, limitMinutes: 5 }],
  ...(wants('live') ? [liveRuns] : []),
  // Each spec has a namespace of its own: they run side by side.
  ...(values.modern || only === 'modern'
    ? [[{ name: 'modern', words: [...ava, '--concurrency=4', modern], isShared: true, limitMinutes: 15 }]]
    : []),
];

const networkSteps = (mode: string): readonly (readonly Part[])[] => [
  [
    {
      name: `up in ${mode} mode`,
      words: [...up, '--nodes', '3', '--segments', '2', '--dual-stack', '--proxy-mode', mode],
      isCheck: true,
      limitMinutes: 5,
    },
  ],
  [{ name: `network in ${mode} mode`, words: [...serially, network], limitMinutes: 15 }],
  [down],
];
const clusterSteps = only === 'network' ? ['iptables', 'nftables'].flatMap(networkSteps) : liveSteps;

let passed = 0;
let failed = 0;
/** Told once more at the end, where people look first. */
const accounts: string[] = [];
/** What failed beside others, by its files. */
const suspects: { readonly files: readonly string[]; readonly failures: number }[] = [];
function add(counts: Counts): void {
  passed += counts.passed;
  failed += counts.failed;
}

async function run(part: Part, signal: AbortSignal): Promise<Counts> {
  const { name, words, isCheck, limitMinutes } = part;
  if (signal.aborted) return { passed: 0, failed: 0 };
  const startedMs = performance.now();
  const [file, ...args] = words;
  const child = spawn(file!, args, {
    cwd: home,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...(containerd === undefined ? {} : { PATH: `${containerd}:${process.env['PATH']}` }),
      FORCE_COLOR: '0',
      NO_COLOR: '1',
      SKIFF_TEST_DATA: data,
    },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk;
      process.stdout.write(chunk);
    });
  }
  const late = AbortSignal.timeout(limitMinutes * 60_000);
  const end = () => child.kill('SIGTERM');
  for (const reason of [signal, late]) reason.addEventListener('abort', end, { once: true });
  const code = await new Promise<number>((resolve) => {
    child.once('close', (c) => resolve(c ?? 1));
    child.once('exit', (c) => setTimeout(resolve, 5_000, c ?? 1)); // something it left behind may keep its output open
  });
  for (const reason of [signal, late]) reason.removeEventListener('abort', end);
  const counts = isCheck ? { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 } : countResults(text, code);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  if (late.aborted) process.stdout.write(`\n${name} did not end within ${limitMinutes} minutes, and was ended\n`);
  process.stdout.write(`\n${name}: ${counts.passed} passed, ${counts.failed} failed in ${seconds} s\n\n`);
  add(counts);
  if (counts.failed > 0) accounts.push(`${name}:\n${failureReport(text, 8_000 /* of a screenful and more */)}`);
  if (name === 'modern' && !signal.aborted) holdToGreen(text);
  if (values.again && part.isShared && counts.failed > 0) {
    const live =
      positionals.length > 0 ? positionals : globSync('**/*.live.test.ts', { cwd: home, exclude: ['node_modules'] });
    const files = failedFiles(text, counts.failed, live);
    if (files !== undefined) suspects.push({ files, failures: counts.failed });
  }
  return counts;
}

/** A few that failed beside others, each part's once more and alone. Many at once are no chance. */
async function runAgain(signal: AbortSignal): Promise<void> {
  const all = suspects.flatMap(({ files }) => files);
  if (all.length > mostSuspects) return;
  for (const { files, failures } of suspects) {
    const name = `again, alone: ${files.join(' ')}`;
    const counts = await run({ name, words: [...serially, ...files], limitMinutes: 10 }, signal);
    if (counts.failed > 0 || counts.passed === 0) continue;
    failed -= failures;
    accounts.push(`passed alone, hence a flake, whose cause is to be found: ${files.join(' ')}`);
  }
}
const mostSuspects = 3;

/** What once passed has to be there. (What is there and fails is counted already.) */
function holdToGreen(text: string): void {
  if (values.addGreen) addGreen(passedTitles(text), modernGreenFile);
  const gone = missingTitles(readGreen(modernGreenFile), text);
  for (const title of gone) accounts.push(`did not run, though it once passed: ${title}`);
  add({ passed: 0, failed: gone.length });
}

if (wants('unit')) for (const part of unitParts) await run(part, stop.signal);
if (only !== 'unit') {
  const before = traces();
  for (const step of clusterSteps) await Promise.all(step.map((part) => run(part, stop.signal)));
  await runAgain(stop.signal);
  await run(down, new AbortController().signal); // whatever came
  const left = traces().filter((line) => !before.includes(line));
  if (left.length === 0) process.stdout.write('nothing is left of the cluster\n');
  else accounts.push(`left of the cluster:\n${left.join('\n')}`);
  add({ passed: left.length === 0 ? 1 : 0, failed: left.length === 0 ? 0 : 1 });
}
rmSync(data, { recursive: true, force: true });
for (const account of accounts) process.stdout.write(`\n${account}\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(stop.exitCode() ?? (failed > 0 || passed === 0 ? 1 : 0));
