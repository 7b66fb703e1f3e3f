// Puts what was saved into a store that is empty.
import type { Backup, BackupEntry } from './backup.ts';
import type { Store } from './store.ts';

/**
 * Writes every object of `backup` to `store`, then lifts its revision above what clients may have seen before, and forgets
 * what is below: who knows an older version starts with a list, and is never told something else under the same number.
 * `lostRevisions`: how many changes may have come after the backup; 0 where it is what the servers ended with.
 * @returns how many objects there were
 * @throws {TypeError} if the store is not empty
 */
export async function restoreInto(
  store: Store,
  { head, entries }: Backup,
  lostRevisions: number,
  signal: AbortSignal,
): Promise<number> {
  const there = await store.list({ prefix: '/registry/', limit: 1 }, signal);
  if (there.entries.length > 0) throw new TypeError('Cannot restore into a store that holds something already');
  let count = 0;
  const waiting: BackupEntry[] = [];
  for await (const entry of entries) {
    waiting.push(entry);
    if (waiting.length === atOnce) count += await write(store, waiting.splice(0), signal);
  }
  count += await write(store, waiting, signal);
  const revision = head.revision + lostRevisions + 1;
  await (store.raise?.(revision, signal) ?? raiseByWriting(store, revision, signal));
  return count;
}
const atOnce = 256;

async function write(store: Store, entries: readonly BackupEntry[], signal: AbortSignal): Promise<number> {
  await Promise.all(
    entries.map(async ({ key, value }) => {
      const done = await store.commit({ key, expected: 0, value: Buffer.from(value) }, signal);
      if (!done.ok) throw new TypeError(`Cannot restore ${key}: somebody else writes to the store`);
    }),
  );
  return entries.length;
}

/** etcd counts changes, and nothing else moves its revision. */
async function raiseByWriting(store: Store, to: number, signal: AbortSignal): Promise<void> {
  const revisions = new Map<string, number>();
  const touch = async (key: string): Promise<void> => {
    const done = await store.commit({ key, expected: revisions.get(key) ?? 0, value: empty }, signal);
    if (done.ok) revisions.set(key, done.revision);
  };
  for (;;) {
    const missing = to - (await store.currentRevision(signal));
    if (missing <= 0) break;
    await Promise.all(Array.from({ length: Math.min(missing, atOnce) }, (_, i) => touch(`${filler}${i}`)));
  }
  for (const [key, expected] of revisions) await store.commit({ key, expected }, signal);
  await store.compact(await store.currentRevision(signal), signal);
}
const filler = '/registry/skiff-restore/';
const empty = Buffer.from('{}');
