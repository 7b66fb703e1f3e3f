// The log of changes in one SQLite file, synchronously: which statements there are, and nothing about who waits for them.
//
// One row a change. A key's newest row is what it stands at; a row with `deleted` keeps the last value for watchers.
// `previous` names the row that a change made obsolete, so that compaction costs what changed, not what is stored.
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Change, Committed, Entry, StoreEvent } from '../store.ts';

export interface Database {
  readonly lastRevision: number;
  readonly compacted: number;
  /** What is stored weighs so much, room that is free again not counted. */
  usedBytes(): number;
  /** The same, free pages included: what the file takes. */
  sizeBytes(): number;
  get(key: string, atRevision: number): Entry | undefined;
  list(range: Range, after: string, limit: number, atRevision: number): readonly Entry[];
  count(range: Range, after: string, atRevision: number): number;
  /** Changes in (after, upTo], oldest first. */
  changes(range: Range, after: number, upTo: number, limit: number): readonly StoreEvent[];
  /** Applies all in one transaction: either every answer holds, or it throws and nothing changed. */
  apply(changes: readonly Change[]): { readonly answers: readonly Committed[]; readonly events: readonly StoreEvent[] };
  /** From now on `revision` and what is older cannot be listed or watched. */
  markCompacted(revision: number): void;
  /** As if that many changes had come, and had been compacted away. */
  raise(revision: number): void;
  /** Removes some of what compaction left to remove. @returns whether there is more */
  purgeSome(): boolean;
  close(): void;
}

/** Keys in [from, to). */
export interface Range {
  readonly from: string;
  readonly to: string;
}

export function rangeOf(prefix: string): Range {
  const last = prefix.length - 1;
  return { from: prefix, to: prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1) };
}

/** Opens or makes the file; throws if another process has it open. */
export function openDatabase(path: string): Database {
  const db = new DatabaseSync(path);
  try {
    db.exec(settings);
    db.exec(schema);
  } catch (error) {
    db.close();
    throw error;
  }
  return wrap(db);
}

// The caller syncs the write-ahead log after each transaction (store.ts): NORMAL leaves just that to it, and still
// syncs around checkpoints. EXCLUSIVE keeps a second server off the same file.
const settings = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA auto_vacuum = INCREMENTAL;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA journal_size_limit = 16777216;
  PRAGMA cache_size = -4096;
  PRAGMA temp_store = MEMORY;
`;

const schema = `
  CREATE TABLE IF NOT EXISTS log (
    revision INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    previous INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    value BLOB NOT NULL
  );
  CREATE INDEX IF NOT EXISTS log_key ON log (key, revision, deleted);
  CREATE TABLE IF NOT EXISTS progress (name TEXT PRIMARY KEY, revision INTEGER NOT NULL) WITHOUT ROWID;
  INSERT OR IGNORE INTO progress VALUES ('compacted', 0), ('purged', 0);
`;

function wrap(db: DatabaseSync): Database {
  const sql = prepareAll(db);
  const pageBytes = Number(sql.pageBytes.get()!['page_size']);
  const progress = (name: string): number => Number(sql.progress.get(name)!['revision']);
  let compacted = progress('compacted');
  let purged = progress('purged');
  // Compaction may have removed the newest row, a deletion: revisions are not used again for all that.
  let lastRevision = Math.max(Number(sql.newest.get()!['revision'] ?? 0), compacted);

  function transact<T>(work: () => T): T {
    sql.begin.run();
    try {
      const result = work();
      sql.commit.run();
      return result;
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }

  function valueAt(revision: number): Uint8Array {
    return (sql.value.get(revision) as Pick<Row, 'value'>).value;
  }

  function applyOne(change: Change, revision: number): { answer: Committed; event?: StoreEvent } {
    const { key, expected, value } = change;
    const row = sql.head.get(key) as Pick<Row, 'revision' | 'deleted'> | undefined;
    const current = row === undefined || row.deleted === 1 ? 0 : row.revision;
    const entry = () => (current === 0 ? undefined : { key, revision: current, value: valueAt(current) });
    if (current !== expected || (value === undefined && current === 0)) {
      return { answer: { ok: false, current: entry() } };
    }
    const stored = value ?? valueAt(current);
    sql.insert.run(revision, key, current, value === undefined ? 1 : 0, stored);
    const event: StoreEvent = { type: value === undefined ? 'delete' : 'put', key, value: stored, revision };
    return { answer: { ok: true, revision }, event };
  }

  return {
    get lastRevision() {
      return lastRevision;
    },
    get compacted() {
      return compacted;
    },
    sizeBytes: () => Number(sql.pages.get()!['page_count']) * pageBytes,
    usedBytes() {
      const pages = Number(sql.pages.get()!['page_count']) - Number(sql.freePages.get()!['freelist_count']);
      return pages * pageBytes;
    },
    get(key, atRevision) {
      const row = sql.get.get(key, atRevision) as Row | undefined;
      return row === undefined || row.deleted === 1 ? undefined : entryOf({ ...row, key });
    },
    list({ from, to }, after, limit, atRevision) {
      const start = after > from ? after : from;
      return (sql.list.all(start, to, atRevision, atRevision, limit) as unknown as KeyedRow[]).map(entryOf);
    },
    count({ from, to }, after, atRevision) {
      return Number(sql.count.get(after > from ? after : from, to, atRevision, atRevision)!['count']);
    },
    changes({ from, to }, after, upTo, limit) {
      return (sql.changes.all(after, upTo, from, to, limit) as unknown as KeyedRow[]).map(eventOf);
    },
    apply(changes) {
      let revision = lastRevision;
      const events: StoreEvent[] = [];
      const applyAll = () =>
        changes.map((change) => {
          const { answer, event } = applyOne(change, revision + 1);
          if (event !== undefined) {
            revision += 1;
            events.push(event);
          }
          return answer;
        });
      const answers = changes.length === 1 ? applyAll() : transact(applyAll); // one statement is a transaction by itself
      lastRevision = revision;
      return { answers, events };
    },
    markCompacted(revision) {
      if (revision <= compacted) return;
      transact(() => sql.setProgress.run(revision, 'compacted'));
      compacted = revision;
    },
    raise(revision) {
      if (revision <= lastRevision) return;
      transact(() => sql.setProgress.run(revision, 'compacted'));
      [compacted, lastRevision] = [revision, revision];
    },
    purgeSome() {
      if (purged < compacted) {
        const next = Number(sql.oldestAfter.get(purged)!['revision'] ?? compacted); // revisions may have been passed over
        const upTo = Math.min(compacted, Math.max(next, purged) + revisionsPerPurge);
        transact(() => {
          sql.purgePrevious.run(purged, upTo);
          sql.purgeDeleted.run(purged, upTo);
          sql.setProgress.run(upTo, 'purged');
        });
        purged = upTo;
        return true;
      }
      if (Number(sql.freePages.get()!['freelist_count']) <= pagesToKeep) return false;
      db.exec(`PRAGMA incremental_vacuum(${pagesPerPurge})`);
      return true;
    },
    close: () => db.close(),
  };
}
const revisionsPerPurge = 500; // a few milliseconds: requests go on between two purges
const pagesPerPurge = 256;
const pagesToKeep = 256; // free ones for the next changes: 1 MB

interface Row {
  readonly revision: number;
  readonly deleted: number;
  readonly value: Uint8Array;
}
interface KeyedRow extends Row {
  readonly key: string;
}

function entryOf({ key, value, revision }: KeyedRow): Entry {
  return { key, value, revision };
}

function eventOf({ key, value, revision, deleted }: KeyedRow): StoreEvent {
  return { type: deleted === 1 ? 'delete' : 'put', key, value, revision };
}

function prepareAll(db: DatabaseSync): Record<keyof typeof statements, StatementSync> {
  const prepared = Object.entries(statements).map(([name, text]) => [name, db.prepare(text)]);
  return Object.fromEntries(prepared);
}

const standing = `
  FROM log WHERE key > ? AND key < ? AND revision <= ? AND deleted = 0
  AND NOT EXISTS (SELECT 1 FROM log AS newer
    WHERE newer.key = log.key AND newer.revision > log.revision AND newer.revision <= ?)`;

const statements = {
  begin: 'BEGIN IMMEDIATE',
  commit: 'COMMIT',
  freePages: 'PRAGMA freelist_count',
  pages: 'PRAGMA page_count',
  pageBytes: 'PRAGMA page_size',
  newest: 'SELECT max(revision) AS revision FROM log',
  oldestAfter: 'SELECT min(revision) AS revision FROM log WHERE revision > ?',
  progress: 'SELECT revision FROM progress WHERE name = ?',
  setProgress: 'UPDATE progress SET revision = ? WHERE name = ?',
  head: 'SELECT revision, deleted FROM log WHERE key = ? ORDER BY revision DESC LIMIT 1', // the index has it all
  value: 'SELECT value FROM log WHERE revision = ?',
  get: 'SELECT revision, deleted, value FROM log WHERE key = ? AND revision <= ? ORDER BY revision DESC LIMIT 1',
  insert: 'INSERT INTO log (revision, key, previous, deleted, value) VALUES (?, ?, ?, ?, ?)',
  list: `SELECT key, revision, deleted, value ${standing} ORDER BY key LIMIT ?`,
  count: `SELECT count(*) AS count ${standing}`,
  // "+key" keeps the planner on the primary key: it would otherwise sort all that the prefix holds.
  changes: `SELECT key, revision, deleted, value FROM log
    WHERE revision > ? AND revision <= ? AND +key >= ? AND +key < ? ORDER BY revision LIMIT ?`,
  purgePrevious: `DELETE FROM log WHERE revision IN
    (SELECT previous FROM log WHERE revision > ? AND revision <= ? AND previous > 0)`,
  purgeDeleted: 'DELETE FROM log WHERE revision > ? AND revision <= ? AND deleted = 1',
};
