import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import test from 'ava';
import type { ContainerStatus } from '#cri/runtime.ts';
import { terminationPathAnnotation, terminationPolicyAnnotation } from './annotations.ts';
import { lastWords } from './last-words.ts';

let home: string;
test.before(async () => void (home = await mkdtemp(`${tmpdir()}/words-`)));
test.after.always(() => rm(home, { recursive: true }));

const status = (file: string, log: string, rest: { exitCode?: number; policy?: string } = {}) =>
  ({
    exitCode: rest.exitCode ?? 1,
    message: 'from the runtime',
    logPath: log,
    annotations: {
      [terminationPathAnnotation]: '/dev/termination-log',
      [terminationPolicyAnnotation]: rest.policy ?? 'FallbackToLogsOnError',
    },
    mounts: [{ containerPath: '/dev/termination-log', hostPath: file, recursiveReadOnly: false }],
  }) as unknown as ContainerStatus;

async function put(name: string, text: string): Promise<string> {
  await writeFile(`${home}/${name}`, text);
  return `${home}/${name}`;
}
const line = (text: string, tag = 'F') => `2026-01-01T00:00:00.0Z stdout ${tag} ${text}\n`;

test('lastWords() are what the file says, the last 4096 bytes at most', async (t) => {
  const log = await put('a.log', line('a log'));
  t.is(await lastWords(status(await put('short', 'bye'), log)), 'bye');
  t.is(await lastWords(status(await put('long', `x${'y'.repeat(4096)}`), log)), 'y'.repeat(4096));
});

test('lastWords() fall back to the log only after a failure, and where that is asked for', async (t) => {
  const [empty, log] = [await put('empty', ''), await put('b.log', line('one') + line('two'))];
  t.is(await lastWords(status(empty, log)), 'one\ntwo\n');
  t.is(await lastWords(status(empty, log, { exitCode: 0 })), 'from the runtime');
  t.is(await lastWords(status(empty, log, { policy: 'File' })), 'from the runtime');
});

test('lastWords() take 80 lines or 2048 bytes of a log, and join what was split', async (t) => {
  const empty = await put('none', '');
  const many = Array.from({ length: 100 }, (_, at) => line(String(at))).join('');
  t.is((await lastWords(status(empty, await put('c.log', many)))).split('\n')[0], '20');
  const wide = await lastWords(status(empty, await put('d.log', line('ä'.repeat(1500)))));
  t.is(wide, `${'ä'.repeat(1023)}\n`);
  t.is(await lastWords(status(empty, await put('e.log', line('be', 'P') + line('gun')))), 'begun\n');
});

test('lastWords() follow no link', async (t) => {
  const secret = await put('secret', 'secret');
  await symlink(secret, `${home}/link`);
  t.is(await lastWords(status(`${home}/link`, '', { policy: 'File' })), 'from the runtime');
});
