// `npm run test:containerd`: the CRI suite and all live tests of pods on each containerd that Debian has and the machine does not.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

/** By version, the suite of Debian that brings it; with its runc, where pods can have users of their own by that. */
const suites: Readonly<Record<string, readonly string[]>> = { '1.7': ['trixie'], '2.1': ['sid', 'runc'] };

/** What runs containers: rules, routes and etcd are the same on each. */
const ofPods = [
  'cri/*.live.test.ts',
  'agent/{server,volumes}/*.live.test.ts',
  'test/live/*.live.test.ts',
  'test/conformance/modern/node-*.live.test.ts',
];

const { values, positionals } = parseArgs({
  options: { only: { type: 'string', multiple: true } },
  allowPositionals: true, // live test files, instead of these
});
const home = new URL('../..', import.meta.url).pathname;
const files = positionals.length > 0 ? positionals : ofPods;
const outcomes: string[] = [];
for (const [version, [suite = '', ...more]] of Object.entries(suites)) {
  if (values.only !== undefined && !values.only.includes(version)) continue;
  const folder = `${home}.cache/containerd/${version}`;
  const isThere = run('sh', ['test/containerd/fetch.sh', suite, folder, ...more]);
  const isGreen = isThere && run(process.execPath, ['test/run.ts', '--live', '--containerd', folder, ...files]);
  const why = isThere ? 'failed' : `cannot be had from Debian ${suite}`;
  outcomes.push(`containerd ${isThere ? versionIn(folder) : version}: ${isGreen ? 'passed' : why}`);
}
process.stdout.write(`\n${outcomes.join('\n')}\n`);
process.exit(outcomes.length > 0 && outcomes.every((line) => line.endsWith('passed')) ? 0 : 1);

/** What the suite brings by now: `2.1.9`. */
function versionIn(folder: string): string {
  const { stdout } = spawnSync(`${folder}/containerd`, ['--version'], { encoding: 'utf8' });
  return /\s(\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? '?';
}

function run(file: string, args: readonly string[]): boolean {
  return spawnSync(file, args, { cwd: home, stdio: 'inherit' }).status === 0;
}
