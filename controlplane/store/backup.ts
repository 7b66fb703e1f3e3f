// Everything that a store holds at one revision, as lines of JSON: the same for every engine, so that what one has saved
// another can take over. A head, an object a line, and an end that says how many there were.
import type { Store } from './store.ts';

/** Objects in order of their keys. */
export interface BackupEntry {
  readonly key: string;
  /** At which it stood where it was saved. */
  readonly revision: number;
  /** JSON. */
  readonly value: string;
}

export interface BackupHead {
  readonly skiffBackup: 1;
  /** What is in the backup stood so at this revision. */
  readonly revision: number;
}

export async function* dumpStore(store: Store, signal: AbortSignal): AsyncGenerator<string> {
  const revision = await store.currentRevision(signal);
  yield line({ skiffBackup: 1, revision } satisfies BackupHead);
  let count = 0;
  let after = '';
  for (;;) {
    const page = await store.list({ prefix: '/registry/', after, limit: pageSize, atRevision: revision }, signal);
    const kept = page.entries.filter(({ key }) => !key.startsWith(passing));
    for (const { key, revision: at, value } of kept) {
      yield line({ key, revision: at, value: Buffer.from(value).toString() } satisfies BackupEntry);
    }
    count += kept.length;
    if (page.remaining === 0) break;
    after = page.last ?? page.entries.at(-1)!.key;
  }
  yield line({ end: count });
}
const pageSize = 500;
const passing = '/registry/masterleases/'; // which servers live: nobody does where it is restored

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

export interface Backup {
  readonly head: BackupHead;
  readonly entries: AsyncIterable<BackupEntry>;
}

/**
 * Reads what `dumpStore` has written.
 * @throws {TypeError} if it is none, or ends too early; the latter from `entries`
 */
export async function readBackup(lines: AsyncIterable<string>): Promise<Backup> {
  const iterator = lines[Symbol.asyncIterator]();
  const first = await iterator.next();
  const head = first.done ? undefined : (JSON.parse(first.value) as Partial<BackupHead>);
  if (head?.skiffBackup !== 1) throw new TypeError('This is no backup of a store');
  return { head: head as BackupHead, entries: entriesOf({ [Symbol.asyncIterator]: () => iterator }) };
}

async function* entriesOf(lines: AsyncIterable<string>): AsyncGenerator<BackupEntry> {
  let count = 0;
  for await (const text of lines) {
    const value = JSON.parse(text) as BackupEntry | { readonly end: number };
    if ('end' in value) {
      if (value.end !== count) throw new TypeError(`The backup holds ${count} objects, and should hold ${value.end}`);
      return;
    }
    count += 1;
    yield value;
  }
  throw new TypeError(`The backup ends too early, after ${count} objects`);
}
