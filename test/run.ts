// `npm test`: types, style, unit tests, then live tests on a real cluster. Closes with `N passed, N failed`.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Counts, countResults } from './count.ts';
import { traces } from './traces.ts';

interface Part {
  readonly name: string;
  readonly words: readonly string[];
  /** A command that is one check, rather than a run of many tests. */
  readonly isCheck?: boolean;
}

const { values, positionals } = parseArgs({
  options: { unit: { type: 'boolean' }, live: { type: 'boolean' }, modern: { type: 'boolean' } },
  allowPositionals: true, // live test files, instead of all
});
const home = new URL('..', import.meta.url).pathname;
const data = mkdtempSync('/tmp/skiff-test.');
const node = process.execPath;
const ava = [node, 'node_modules/ava/entrypoints/cli.js'];
const unitParts: readonly Part[] = [
  { name: 'types', words: [node, 'node_modules/typescript/bin/tsc', '-p', '.'], isCheck: true },
  { name: 'style', words: [node, 'node_modules/@biomejs/biome/bin/biome', 'check', '.'], isCheck: true },
  { name: 'unit', words: [...ava, '**/*.test.ts', '!**/*.live.test.ts'] },
];
// The specs of v1.37 that came after 1.20, each in a namespace of its own: side by side, ten minutes, if asked for.
const modern = 'test/conformance/modern/*.live.test.ts';
const liveFiles = positionals.length > 0 ? positionals : ['**/*.live.test.ts', `!${modern}`];
const liveParts: readonly Part[] = [
  { name: 'up', words: ['./skiff', 'up', '--isolated', '--data', data, '--api-port', '0'], isCheck: true },
  { name: 'live', words: [...ava, '--serial', '--concurrency=1', ...liveFiles] },
  ...(values.modern ? [{ name: 'modern', words: [...ava, '--concurrency=4', modern] }] : []),
  { name: 'down', words: ['./skiff', 'down', '--data', data], isCheck: true },
];

async function run({ name, words, isCheck }: Part): Promise<Counts> {
  const startedMs = performance.now();
  const [file, ...args] = words;
  const child = spawn(file!, args, {
    cwd: home,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1', SKIFF_TEST_DATA: data },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk;
      process.stdout.write(chunk);
    });
  }
  const code = await new Promise<number>((resolve) => child.on('exit', (c) => resolve(c ?? 1)));
  const counts = isCheck ? { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 } : countResults(text, code);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  process.stdout.write(`\n${name}: ${counts.passed} passed, ${counts.failed} failed in ${seconds} s\n\n`);
  return counts;
}

let passed = 0;
let failed = 0;
function add(counts: Counts): void {
  passed += counts.passed;
  failed += counts.failed;
}

if (!values.live) for (const part of unitParts) add(await run(part));
if (!values.unit) {
  const before = traces();
  for (const part of liveParts) add(await run(part));
  const left = traces().filter((line) => !before.includes(line));
  process.stdout.write(
    left.length === 0 ? 'nothing is left of the cluster\n' : `left of the cluster:\n${left.join('\n')}\n`,
  );
  add({ passed: left.length === 0 ? 1 : 0, failed: left.length === 0 ? 0 : 1 });
}
rmSync(data, { recursive: true, force: true });
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
