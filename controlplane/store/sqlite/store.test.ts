import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { storeSuite } from '../suite.ts';
import { openSqliteStore } from './store.ts';

const folder = mkdtempSync(join(tmpdir(), 'skiff-store-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

function nextPath(): string {
  files += 1;
  return join(folder, `${files}.db`);
}

storeSuite(test, { name: 'SQLite', open: async (options) => openSqliteStore({ path: nextPath(), ...options }) });
storeSuite(test, {
  name: 'SQLite in memory',
  open: async (options) => openSqliteStore({ path: ':memory:', ...options }),
});

const signal = new AbortController().signal;

test('openSqliteStore() finds what was there before, and goes on counting', async (t) => {
  const path = nextPath();
  const before = openSqliteStore({ path });
  await before.commit({ key: '/registry/a', expected: 0, value: Buffer.from('one') }, signal);
  const b = await before.commit({ key: '/registry/b', expected: 0, value: Buffer.from('two') }, signal);
  const gone = await before.commit({ key: '/registry/b', expected: b.ok ? b.revision : 0 }, signal);
  const last = await before.currentRevision(signal);
  await before.compact(last, signal); // removes the newest row, the deletion
  await before.close();

  const after = openSqliteStore({ path });
  t.true(gone.ok);
  t.is(await after.currentRevision(signal), last);
  t.is((await after.list({ prefix: '/registry/' }, signal)).entries.length, 1);
  await after.close();
});

test('commit() applies changes of any keys in the order of the calls', async (t) => {
  const store = openSqliteStore({ path: nextPath() });
  const put = (i: number) => store.commit({ key: `/registry/${i}`, expected: 0, value: Buffer.from('x') }, signal);
  const answers = await Promise.all(Array.from({ length: 1200 }, (_, i) => put(i)));
  const revisions = answers.map((answer) => (answer.ok ? answer.revision : 0));
  t.deepEqual(
    revisions,
    Array.from({ length: 1200 }, (_, i) => i + 1),
  );
  await store.close();
});

test('commit() tells of a change before it is on disk, and shows it to nobody before', async (t) => {
  const store = openSqliteStore({ path: nextPath() });
  const told: unknown[] = [];
  const change = (expected: number) => ({
    key: '/registry/a',
    expected,
    value: Buffer.from('x'),
    meanwhile(revision: number) {
      told.push(revision);
      void store.get('/registry/a', signal).then((entry) => told.push(entry?.revision));
    },
  });
  const first = await store.commit(change(0), signal);
  t.deepEqual(told, [1, undefined]);
  t.false((await store.commit(change(0), signal)).ok);
  t.deepEqual([first, told.length], [{ ok: true, revision: 1 }, 2]);
  await store.close();
});

test('openSqliteStore() refuses a file that is open', async (t) => {
  const path = nextPath();
  const first = openSqliteStore({ path });
  t.throws(() => openSqliteStore({ path }), { message: /locked/ });
  await first.close();
});

test('compact() gives pages back to the file system', async (t) => {
  const path = nextPath();
  const store = openSqliteStore({ path });
  let revision = 0;
  for (let i = 0; i < 300; i++) {
    const done = await store.commit({ key: '/registry/a', expected: revision, value: Buffer.alloc(20_000, i) }, signal);
    revision = done.ok ? done.revision : (t.fail() as never);
  }
  await store.compact(revision, signal);
  t.is((await store.list({ prefix: '/registry/' }, signal)).entries.length, 1);
  t.is((await store.get('/registry/a', signal))?.value.length, 20_000);
  await store.close();
  t.true(statSync(path).size < 2_000_000, 'of 6 MB');
});

test('a full store takes deletions alone until there is room again', async (t) => {
  const store = openSqliteStore({ path: nextPath(), maxBytes: 1_000_000 });
  const put = (i: number) =>
    store.commit({ key: `/registry/${i}`, expected: 0, value: Buffer.alloc(100_000, i) }, signal);
  const made: number[] = [];
  while (store.fullness!() <= 1) {
    const done = await put(made.length);
    made.push(done.ok ? done.revision : 0);
  }
  await t.throwsAsync(put(99), { message: /holds more than 1000000 bytes/ });
  for (const [i, expected] of made.entries()) {
    t.true((await store.commit({ key: `/registry/${i}`, expected }, signal)).ok);
  }
  await store.compact(await store.currentRevision(signal), signal);
  t.true(store.fullness!() < 0.1);
  t.true((await put(99)).ok);
  await store.close();
});

test('a closed store refuses commits and answers those under way', async (t) => {
  const store = openSqliteStore({ path: nextPath() });
  const under = store.commit({ key: '/registry/a', expected: 0, value: Buffer.from('x') }, signal);
  await store.close();
  t.true((await under).ok);
  await t.throwsAsync(store.commit({ key: '/registry/b', expected: 0, value: Buffer.from('x') }, signal), {
    message: /closed/,
  });
});
