// `npm run conformance`: upstream's own suite against a cluster.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { stopOnSignals } from '../stop.ts';
import { bringUp, existing, type Target } from './cluster.ts';
import { addGreen, greenFile, readGreen } from './green.ts';
import { type Result, renderJunit, renderTsv } from './result.ts';
import { runAll } from './run-all.ts';
import { runSpec } from './run-spec.ts';
import { rotation, select } from './spec.ts';
import { ensureSuite, listSpecs } from './suite.ts';
import { renderTable } from './table.ts';
import { provideTokenSecrets } from './token-secrets.ts';

interface Options {
  readonly focus?: string;
  readonly skip?: string;
  readonly node?: boolean;
  readonly spec?: string;
  readonly kubeconfig?: string;
  readonly within?: string;
  readonly suite?: string;
  readonly green?: boolean;
  readonly addGreen?: boolean;
  readonly budget?: string;
  readonly again?: boolean;
  readonly workers: string;
  readonly nodes: string;
  readonly contentType: string;
  readonly limit?: string;
  readonly out: string;
  readonly keep?: boolean;
  readonly list?: boolean;
}

const program = new Command('npm run conformance --')
  .description(
    "Run upstream's end-to-end suite against a cluster: one of Skiff's that is brought up for it, or any other.",
  )
  .option('--focus <regex>', 'only specs whose name it matches')
  .option('--skip <regex>', 'no spec whose name it matches')
  .option('--node', 'only NodeConformance')
  .option('--spec <file>', 'only the specs that the file names, one a line')
  .option('--kubeconfig <file>', 'a cluster that is there, instead of one of our own')
  .option(
    '--within <command>',
    'words before each command that has to reach that cluster, such as "ip netns exec NAME"',
  )
  .option('--suite <path>', 'another e2e.test than v1.20.2')
  .option('--green', 'only what passed before; fail if anything of it does not')
  .option('--add-green', 'record what passes')
  .option('--budget <minutes>', 'with --green: as much as fits, in turns')
  .option('--again', 'run what failed once more, alone; what passes then is called a flake')
  .option('--workers <number>', 'how many specs side by side', '8')
  .option('--nodes <number>', 'nodes of the cluster', '2')
  .option('--content-type <type>', 'what the suite speaks', 'application/json')
  .option('--limit <seconds>', 'end a spec after so long (900, slow ones 2400, unless told)')
  .option('--out <folder>', 'where the results go', '.cache/conformance')
  .option('--keep', 'leave the cluster running')
  .option('--list', 'name the specs, run none')
  .parse();
const options = program.opts<Options>();
const say = (line: string) => process.stdout.write(`${new Date().toISOString().slice(11, 19)}  ${line}\n`);

const suite = await ensureSuite(options.suite, say);
const names = await choose();
if (options.list) {
  process.stdout.write(`${names.join('\n')}\n`);
  process.exit(0);
}
if (names.length === 0) {
  process.stderr.write('No spec matches\n');
  process.exit(2);
}
const stop = stopOnSignals(say);
const results = new Map<string, Result>();
let flakes: readonly string[] = [];
try {
  await runOn(
    options.kubeconfig === undefined
      ? await bringUp(suite, Number(options.nodes), say, stop.signal)
      : await existing(options.kubeconfig, options.within?.split(' ') ?? []),
  );
} catch (error) {
  if (!stop.signal.aborted) throw error;
} finally {
  report([...results.values()]);
}
process.exitCode = stop.exitCode() ?? process.exitCode;

async function runOn(target: Target): Promise<void> {
  const beside = new AbortController();
  if (options.suite === undefined && target.ownKubeconfig !== undefined) {
    provideTokenSecrets(target.ownKubeconfig, beside.signal).catch(() => {});
  }
  const limitSeconds = options.limit === undefined ? undefined : Number(options.limit);
  const how = { contentType: options.contentType, limitSeconds };
  try {
    const run = (name: string, signal: AbortSignal) => runSpec(name, suite, target, how, signal);
    const workers = Number(options.workers);
    ({ flakes } = await runAll({ names, workers, again: options.again ?? false, run, onResult, say }, stop.signal));
  } finally {
    beside.abort();
    if (!options.keep || stop.signal.aborted) await target.remove();
  }
}

async function choose(): Promise<readonly string[]> {
  const all = await listSpecs(suite, '\\[Conformance\\]|\\[NodeConformance\\]');
  const lists = [
    ...(options.spec === undefined
      ? []
      : [
          readFileSync(options.spec, 'utf8')
            .split('\n')
            .map((l) => l.trim()),
        ]),
    ...(options.green ? [readGreen()] : []),
  ];
  const unknown = lists.flat().filter((name) => name !== '' && !all.includes(name));
  if (unknown.length > 0 && options.suite === undefined) {
    throw new Error(`The suite has no such spec: ${unknown.slice(0, 3).join('; ')}`);
  }
  const chosen = select(all, {
    focus: options.focus === undefined ? undefined : new RegExp(options.focus),
    skip: options.skip === undefined ? undefined : new RegExp(options.skip),
    onlyNode: options.node,
    names: lists.length === 0 ? undefined : new Set(lists.flat()),
  });
  if (options.budget === undefined) return chosen;
  const seconds = new Map(readGreenSeconds());
  const turn = Math.floor(Date.now() / 3_600_000);
  const bounds = { budgetSeconds: Number(options.budget) * 60, workers: Number(options.workers) * 0.6, turn };
  return rotation(chosen, (name) => seconds.get(name) ?? 30, bounds);
}

function readGreenSeconds(): readonly (readonly [string, number])[] {
  const file = new URL('upstream-1.20.2.tsv', import.meta.url);
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split('\t'))
    .map(([name, , seconds]) => [name ?? '', Number(seconds ?? 30) || 30] as const);
}

function onResult(result: Result, number: number): void {
  results.set(result.name, result);
  const word = { pass: 'passed ', fail: 'FAILED ', 'not-run': 'not run' }[result.outcome];
  const place = `${String(number).padStart(3)}/${names.length}`;
  const reason = result.reason ? `\n          ${result.reason}` : '';
  say(`${place} ${word} ${result.seconds.toFixed(0).padStart(4)} s  ${result.name}${reason}`);
  if (result.outcome !== 'pass') {
    mkdirSync(`${options.out}/failures`, { recursive: true });
    const file = `${result.name.replaceAll(/[^\w]+/g, '-').slice(0, 150)}.log`;
    writeFileSync(`${options.out}/failures/${file}`, result.detail);
  }
}

function report(results: readonly Result[]): void {
  mkdirSync(options.out, { recursive: true });
  writeFileSync(`${options.out}/junit.xml`, renderJunit(results));
  writeFileSync(`${options.out}/results.tsv`, renderTsv(results));
  const table = renderTable(results);
  writeFileSync(`${options.out}/table.txt`, table);
  const passed = results.filter((r) => r.outcome === 'pass').map((r) => r.name);
  if (options.addGreen) addGreen(passed);
  process.stdout.write(`\n${table}\nResults: ${options.out}/{table.txt,results.tsv,junit.xml,failures}\n`);
  for (const name of flakes) process.stdout.write(`A flake, which passed alone: ${name}\n`);
  const left = names.length - results.length;
  if (left > 0) process.stdout.write(`Did not run to their end: ${left}\n`);
  const bad = names.length - passed.length;
  process.stdout.write(`${passed.length} passed, ${bad} failed\n`);
  if (options.green && bad > 0) process.stdout.write(`Known green no longer is: ${greenFile.pathname}\n`);
  process.exitCode = bad === 0 && existsSync(options.out) ? 0 : 1;
}
