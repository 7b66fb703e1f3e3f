// `npm run test:kubectl`: the sessions of every kubectl of the machine, and of the newest that Debian has.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const home = new URL('../..', import.meta.url).pathname;
const folder = join(home, '.cache', 'kubectl');
mkdirSync(folder, { recursive: true });
const work = mkdtempSync(join(folder, 'fetch.'));
const isThere = run('sh', ['test/debian.sh', 'sid', 'kubectl', work, 'usr/bin/kubectl']);
if (isThere) renameSync(join(work, 'kubectl'), join(folder, `kubectl.${versionOf(join(work, 'kubectl'))}`));
else process.stdout.write('kubectl: cannot be had from Debian sid\n');
rmSync(work, { recursive: true });
const files = ['test/live/kubectl-session.live.test.ts', 'test/live/kubectl.live.test.ts'];
const isGreen = run(process.execPath, ['test/run.ts', '--live', ...files]);
process.exit(isThere && isGreen ? 0 : 1);

/** `1.36` */
function versionOf(path: string): string {
  const { stdout } = spawnSync(path, ['version', '--client'], { encoding: 'utf8' });
  const minor = /v(1\.\d+)\./.exec(stdout)?.[1];
  if (minor === undefined) throw new Error(`Cannot tell the version of ${path}: ${stdout}`);
  return minor;
}

function run(file: string, args: readonly string[]): boolean {
  const env = { ...process.env, SKIFF_TEST_ALL_KUBECTLS: '1' };
  return spawnSync(file, args, { cwd: home, stdio: 'inherit', env }).status === 0;
}
