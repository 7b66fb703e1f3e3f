// When provision.sh installs modules, and when it leaves them: on a checkout that is played, with an npm that is, too.
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { exec } from '#lib/exec.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const version = /NODE_VERSION=(\S+)/.exec(readFileSync(join(here, 'versions.env'), 'utf8'))![1];
const programs = 'containerd runc iptables conntrack ip nsenter mount catatonit kubectl python3 make g++'.split(' ');

test('provision.sh installs the modules of another lock file, though that one is older', async (t) => {
  const { lock, provision } = checkout(t);
  lock('first', 2_000);
  t.is(await provision(), 1);
  t.is(await provision(), 0, 'they are there');
  lock('second', 1_000);
  t.is(await provision(), 1);
  t.is(await provision(), 0);
  lock('second', 9_000_000_000);
  t.is(await provision(), 0, 'it says the same, whatever its time');
});

test('provision.sh takes modules that somebody else installed', async (t) => {
  const { folder, lock, provision } = checkout(t);
  lock('first', 1_000);
  t.is(await provision(), 1);
  lock('second', 2_000);
  const installed = join(folder, 'node_modules/.package-lock.json');
  const later = Date.now() / 1000 + 60;
  utimesSync(installed, later, later);
  t.is(await provision(), 0);
});

function checkout(t: import('ava').ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), 'skiff-provision-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const name of ['bin', 'vagrant', 'node_modules/.bin']) mkdirSync(join(folder, name), { recursive: true });
  for (const name of ['provision.sh', 'versions.env']) cpSync(join(here, name), join(folder, 'vagrant', name));
  const program = (path: string, text: string) => {
    writeFileSync(join(folder, path), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, path), 0o755);
  };
  for (const name of programs) program(`bin/${name}`, 'exit 1');
  program('bin/id', 'echo 1000'); // nobody who may install packages
  program('bin/npm', `echo run >>${folder}/npm.log`);
  program('node_modules/.bin/node', `echo v${version}`);
  writeFileSync(join(folder, 'npm.log'), '');
  const runs = () => readFileSync(join(folder, 'npm.log'), 'utf8').split('\n').length - 1;
  return {
    folder,
    lock(text: string, seconds: number) {
      const file = join(folder, 'package-lock.json');
      writeFileSync(file, text);
      utimesSync(file, seconds, seconds);
    },
    /** @returns how often npm ran */
    async provision(): Promise<number> {
      const before = runs();
      const env = { PATH: `${folder}/bin:${process.env['PATH']}` };
      await exec('sh', [join(folder, 'vagrant/provision.sh')], AbortSignal.timeout(60_000), { env });
      return runs() - before;
    },
  };
}
