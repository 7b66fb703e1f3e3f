import test from 'ava';
import { hasReason } from '#lib/errors.ts';
import { dumpStore, readBackup } from './backup.ts';
import { restoreInto } from './restore.ts';
import { openSqliteStore } from './sqlite/store.ts';
import type { Entry, Store } from './store.ts';

const signal = new AbortController().signal;

async function filled(count: number): Promise<Store> {
  const store = openSqliteStore({ path: ':memory:' });
  const put = (i: number) =>
    store.commit({ key: `/registry/pods/${i}`, expected: 0, value: Buffer.from(`{"ä":${i}}`) }, signal);
  await Promise.all(Array.from({ length: count }, (_, i) => put(i)));
  return store;
}

async function linesOf(store: Store): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of dumpStore(store, signal)) lines.push(line);
  return lines;
}

async function* each(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

test('what was saved is restored, and the revision goes on above it', async (t) => {
  const from = await filled(1200);
  const last = await from.currentRevision(signal);
  const to = openSqliteStore({ path: ':memory:' });
  t.is(await restoreInto(to, await readBackup(each(await linesOf(from))), 1000, signal), 1200);
  const [before, after] = await Promise.all([from, to].map((store) => store.list({ prefix: '/registry/' }, signal)));
  const plain = (entries: readonly Entry[]) => entries.map(({ key, value }) => [key, Buffer.from(value).toString()]);
  t.deepEqual(plain(after!.entries), plain(before!.entries));
  t.is(await to.currentRevision(signal), last + 1001);
  const next = await to.commit({ key: '/registry/a', expected: 0, value: Buffer.from('{}') }, signal);
  t.is(next.ok && next.revision, last + 1002);
  const old = to.watch('/registry/', last + 500, signal)[Symbol.asyncIterator]();
  t.true(hasReason(await t.throwsAsync(old.next()), 'Expired'));
  await to.compact(last + 1002, signal);
  t.is((await to.list({ prefix: '/registry/' }, signal)).entries.length, 1201);
});

test('an engine that cannot be raised is written to until it is', async (t) => {
  const from = await filled(300);
  const { raise, ...plain } = openSqliteStore({ path: ':memory:' });
  t.truthy(raise);
  await restoreInto(plain, await readBackup(each(await linesOf(from))), 700, signal);
  t.true((await plain.currentRevision(signal)) > 1000);
  t.is((await plain.list({ prefix: '/registry/' }, signal)).entries.length, 300);
});

test('a backup that is none, or not whole, is refused; so is a store that holds something', async (t) => {
  const lines = await linesOf(await filled(10));
  await t.throwsAsync(readBackup(each(['{}\n'])), { message: /no backup/ });
  for (const some of [lines.slice(0, 5), lines.toSpliced(3, 1)]) {
    const cut = await readBackup(each(some));
    await t.throwsAsync(restoreInto(openSqliteStore({ path: ':memory:' }), cut, 0, signal), { instanceOf: TypeError });
  }
  await t.throwsAsync(restoreInto(await filled(1), await readBackup(each(lines)), 0, signal), { message: /already/ });
});
