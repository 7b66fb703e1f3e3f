import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';

/** What an agent starts to be told of changes, each by a program of its own that says nothing here. */
const listeners = {
  'nft monitor': `import { watchRules } from '${at('./proxy/rule-events.ts')}';
    watchRules({ isUp() {}, hears() {}, isOutdated() {} }, signal, ['ip']);`,
  'ip monitor': `import { watchKernel } from '${at('../cni/watch-kernel.ts')}';
    import { createClock } from '${at('../lib/clock.ts')}';
    watchKernel(() => {}, createClock(), signal);`,
  'busctl monitor': `import { createLogind } from '${at('./shutdown/logind.ts')}';
    createLogind().changes(signal).next();`,
};

for (const [name, script] of Object.entries(listeners)) {
  test(`${name} ends when what started it is killed`, async (t) => {
    const folder = await mkdtemp('/tmp/skiff-orphans.');
    t.teardown(() => rm(folder, { recursive: true }));
    for (const program of ['ip', 'busctl']) {
      await writeFile(`${folder}/${program}`, '#!/bin/sh\nexec sleep 3600\n');
      await chmod(`${folder}/${program}`, 0o755);
    }
    const words = ['--input-type=module', '--eval', `const { signal } = new AbortController();${script}`];
    const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}` };
    const parent = spawn(process.execPath, words, { env, stdio: ['ignore', 'ignore', 'inherit'] });
    t.teardown(() => parent.kill('SIGKILL'));
    const child = await becomes(async () => {
      for (const pid of await childrenOf(parent.pid!)) if ((await wordsOf(pid)).startsWith('sleep')) return pid;
      return undefined;
    });
    t.teardown(async () => void ((await wordsOf(child)).startsWith('sleep') && process.kill(child, 'SIGKILL')));
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    t.true(await becomes(async () => !(await wordsOf(child)).startsWith('sleep') || undefined));
  });
}

function at(path: string): string {
  return new URL(path, import.meta.url).href;
}

/** @throws {Error} if it does not within 30 s */
async function becomes<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 600; tries++) {
    const found = await look();
    if (found !== undefined) return found;
    await delay(50);
  }
  throw new Error('It did not come');
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.split(' ').filter(Boolean).map(Number);
}

/** Empty when it is gone. */
async function wordsOf(pid: number): Promise<string> {
  return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ');
}
