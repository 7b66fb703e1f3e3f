import { appendFile, mkdtemp, open, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { createClock, createFakeClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { parseLine } from './line.ts';
import { readLog } from './read.ts';
import { rotateOne } from './rotate.ts';
import { planRotation } from './rotate-plan.ts';
import type { LogSelection } from './select.ts';
import { tailOffset } from './tail.ts';

const { signal } = new AbortController();
const text = [
  '2026-01-01T00:00:01.000000001Z stdout F one',
  '2026-01-01T00:00:02.000000002Z stderr F two',
  '2026-01-01T00:00:03.000000003Z stdout P thr',
  '2026-01-01T00:00:03.000000004Z stdout F ee',
  '2026-01-01T00:00:04.000000005Z stdout F ',
  '',
].join('\n');

test('parseLine() passes over what is no line', (t) => {
  for (const line of ['', 'x', '2026-01-01T00:00:01.0Z stdout', '2026-01-01T00:00:01.0Z stdin F x']) {
    t.is(parseLine(Buffer.from(line)), undefined, line);
  }
});

const reads = test.macro<[Partial<LogSelection>, string]>({
  title: (_title, selection) => `readLog() with ${JSON.stringify(selection)}`,
  async exec(t, selection, expected) {
    const path = await file(text);
    t.is(await all(path, { follow: false, timestamps: false, ...selection }), expected);
  },
});
test(reads, {}, 'one\ntwo\nthree\n\n');
test(reads, { stream: 'stderr' }, 'two\n');
test(reads, { tailLines: 2 }, 'ee\n\n');
test(reads, { tailLines: 0 }, '');
test(reads, { tailLines: 99 }, 'one\ntwo\nthree\n\n');
test(reads, { limitBytes: 6 }, 'one\ntw');
test(reads, { sinceMs: Date.UTC(2026, 0, 1, 0, 0, 3) }, 'three\n\n');
test(
  reads,
  { timestamps: true, tailLines: 3 },
  '2026-01-01T00:00:03.000000003Z three\n2026-01-01T00:00:04.000000005Z \n',
);

test('tailOffset() finds lines that lie blocks back', async (t) => {
  const line = `${'x'.repeat(999)}\n`;
  const path = await file(line.repeat(500));
  await using handle = await open(path);
  t.is(await tailOffset(handle, 300), 200 * 1000);
  t.is(await tailOffset(handle, 500), 0);
});

test('readLog() follows over a rotation to the end of the container, and loses nothing', async (t) => {
  const path = await file('');
  let isRunning = true;
  const source = { path, mayGrow: async () => isRunning };
  const seen: string[] = [];
  const following = (async () => {
    for await (const chunk of readLog(source, { follow: true, timestamps: false }, createClock(), signal)) {
      seen.push(chunk.toString());
    }
  })();
  const line = (n: number) => `2026-01-01T00:00:01.000000001Z stdout F ${n}\n`;
  await appendFile(path, line(1));
  while (seen.length < 1) await new Promise((resolve) => setImmediate(resolve));
  await rename(path, `${path}.20260101-000000`);
  await writeFile(path, '');
  await appendFile(`${path}.20260101-000000`, line(2)); // in the runtime's hands while it reopened
  await appendFile(path, line(3));
  while (seen.length < 3) await new Promise((resolve) => setImmediate(resolve));
  await appendFile(path, line(4));
  isRunning = false;
  await following;
  t.deepEqual(seen, ['1\n', '2\n', '3\n', '4\n']);
});

test('readLog() follows no link', async (t) => {
  const path = await file(text);
  await symlink('/etc/passwd', `${path}.link`);
  await t.throwsAsync(all(`${path}.link`, { follow: false, timestamps: false }), { code: 'ELOOP' });
});

const rule = { maxBytes: 10, maxFiles: 3 };
test('planRotation() leaves a small log alone', (t) => {
  t.deepEqual(planRotation({ name: '0.log', bytes: 10, siblings: ['0.log.tmp'] }, rule, 0), []);
});
test('planRotation() drops the oldest, compresses the rest, and rotates', (t) => {
  const siblings = ['0.log', '0.log.1.gz', '0.log.2', '0.log.3.tmp', '1.log', '1.log.1'];
  t.deepEqual(planRotation({ name: '0.log', bytes: 11, siblings }, rule, Date.UTC(2026, 4, 6, 7, 8, 9)), [
    { do: 'remove', name: '0.log.3.tmp' },
    { do: 'remove', name: '0.log.1.gz' },
    { do: 'compress', name: '0.log.2' },
    { do: 'rotate', from: '0.log', to: '0.log.20260506-070809' },
  ]);
});

test('rotateOne() keeps all that was written, and puts the file back if the runtime does not reopen', async (t) => {
  const clock = createFakeClock();
  const path = await file(text);
  let failure: Error | undefined = new Error('busy');
  const runtime = {
    listContainers: async () => [],
    containerStatus: async () => {
      throw new Error('unused');
    },
    async reopenLog() {
      if (failure) throw failure;
      await writeFile(path, '');
    },
  };
  const options = { runtime, clock, log: createSilentLog(), rule: { maxBytes: 10, maxFiles: 3 } };
  await t.throwsAsync(rotateOne('c1', path, options, signal), { message: 'busy' });
  t.is(await readFile(path, 'utf8'), text);
  failure = undefined;
  await rotateOne('c1', path, options, signal);
  await writeFile(path, 'a second file');
  await clock.advance(1_000);
  await rotateOne('c1', path, options, signal);
  const names = (await readdir(join(path, '..'))).sort();
  t.deepEqual(names, ['0.log', '0.log.20260101-000000.gz', '0.log.20260101-000001']);
  t.is(gunzipSync(await readFile(join(path, '..', names[1]!))).toString(), text);
  t.is(await readFile(join(path, '..', names[2]!), 'utf8'), 'a second file');
});

const made: string[] = [];
test.after.always(() => Promise.all(made.map((directory) => rm(directory, { recursive: true }))));

async function file(content: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'skiff-logs-'));
  made.push(directory);
  const path = join(directory, '0.log');
  await writeFile(path, content);
  return path;
}

async function all(path: string, selection: LogSelection): Promise<string> {
  const chunks: Buffer[] = [];
  const source = { path, mayGrow: async () => false };
  for await (const chunk of readLog(source, selection, createFakeClock(), signal)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
