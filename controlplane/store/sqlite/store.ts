import { closeSync, fdatasync, fstatSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { ReasonError } from '#lib/errors.ts';
import type { Change, Changes, Committed, Store } from '../store.ts';
import { type Database, openDatabase, rangeOf } from './database.ts';
import { createWatchers, type Watchers } from './watchers.ts';

export interface SqliteOptions {
  /** The file, made if absent; `:memory:` for tests. */
  readonly path: string;
  /** Events that may wait for one watcher. */
  readonly maxWaiting?: number;
  /** Above it only deletions are taken; 8 GiB if absent. */
  readonly maxBytes?: number;
}

/**
 * A store in one SQLite file.
 *
 *   commit() ─▶ queue ─▶ one transaction a turn ─▶ fdatasync of the write-ahead log ─▶ answers, then watchers
 *                ▲______________ what comes meanwhile waits for the next turn _____|
 *
 * The sync runs on a thread of the pool: a slow disk delays answers, not the event loop. Nothing that is not on disk is
 * shown to anybody: reads stop at the newest synced revision. If the disk fails a sync, what it holds is unknown: the
 * store then refuses all further changes until it is opened again.
 */
export function openSqliteStore({ path, maxWaiting = 100_000, maxBytes = 8 * 2 ** 30 }: SqliteOptions): Store {
  const database = openDatabase(path);
  const disk = path === ':memory:' ? undefined : openDisk(path);
  const watchers = createWatchers(maxWaiting);
  const queue = createCommitQueue(database, watchers, maxBytes, disk?.sync);

  return {
    async currentRevision() {
      return queue.durable();
    },
    async get(key) {
      return database.get(key, queue.durable());
    },
    async list({ prefix, after = '', limit, atRevision }) {
      const revision = Math.min(atRevision ?? queue.durable(), queue.durable());
      if (atRevision !== undefined && atRevision < database.compacted) throw expired(atRevision, database);
      const range = rangeOf(prefix);
      const entries = database.list(range, after, limit ?? -1, revision);
      const isFull = limit !== undefined && entries.length === limit && limit > 0;
      const remaining = isFull ? database.count(range, entries.at(-1)!.key, revision) : 0;
      return { entries, revision, remaining };
    },
    commit: queue.commit,
    sizeBytes: () => (queue.isClosed() ? 0 : database.sizeBytes()),
    fullness: () => database.usedBytes() / maxBytes,
    watch: (prefix, after, signal) => watch(prefix, after, signal, { database, watchers, durable: queue.durable }),
    async compact(revision, signal) {
      database.markCompacted(Math.min(revision, queue.durable()));
      while (!signal.aborted && !queue.isClosed() && database.purgeSome()) await turn();
    },
    async raise(revision) {
      await queue.settled();
      database.raise(revision);
      queue.raise(revision);
      await disk?.sync();
    },
    async close() {
      await queue.close();
      watchers.close();
      database.close();
      disk?.close();
    },
  };
}

/** The write-ahead log's own descriptor. Locks are not on this file, so closing it releases none. */
function openDisk(path: string): { sync: () => Promise<void>; close: () => void } {
  const fd = openSync(`${path}-wal`, 'r+');
  const hasBytes = fstatSync(fd).size;
  if (hasBytes < logBytes) writeSync(fd, Buffer.alloc(logBytes - hasBytes), 0, logBytes - hasBytes, hasBytes);
  const folder = openSync(dirname(path), 'r');
  fsyncSync(folder); // the files' names are on disk too
  closeSync(folder);
  return { sync: () => syncData(fd), close: () => closeSync(fd) };
}
const syncData = promisify(fdatasync);
/**
 * The log is made as long at once as it grows until its first checkpoint (1,000 pages): to sync what lies within a file takes a
 * third of the time of what makes it longer. What follows its last frame, zeros too, the engine takes for the log's end.
 */
const logBytes = 5 * 1024 * 1024;

interface CommitQueue {
  commit(change: Change): Promise<Committed>;
  /** The newest revision that is on disk. */
  durable(): number;
  raise(revision: number): void;
  settled(): Promise<void>;
  isClosed(): boolean;
  close(): Promise<void>;
}

interface Waiting {
  readonly change: Change;
  readonly resolve: (answer: Committed) => void;
  readonly reject: (error: unknown) => void;
}

function createCommitQueue(
  database: Database,
  watchers: Watchers,
  maxBytes: number,
  sync: (() => Promise<void>) | undefined,
): CommitQueue {
  const waiting: Waiting[] = []; // bounded by the requests that the server lets in at once
  let durable = database.lastRevision;
  let running: Promise<void> | undefined;
  let isClosed = false;
  let broken: unknown;
  let roomBytes = 0; // that is surely there: looked up again once it is used

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      await turn(); // all who arrive in this turn share the transaction
      await writeBatch(withRoom(waiting.splice(0, changesPerBatch)));
    }
    running = undefined;
  }

  /** Without those for which there is no room: they are told so. Rule: etcd's space quota. */
  function withRoom(batch: readonly Waiting[]): readonly Waiting[] {
    for (const { change } of batch) roomBytes -= mostBytesPerChange + 2 * (change.value?.length ?? 0);
    if (roomBytes > 0) return batch;
    roomBytes = maxBytes - database.usedBytes();
    if (roomBytes >= 0) return batch;
    const isDeletion = ({ change }: Waiting): boolean => change.value === undefined;
    const full = new ReasonError('InternalError', `Cannot write to the store: it holds more than ${maxBytes} bytes`);
    for (const one of batch) if (!isDeletion(one)) one.reject(full);
    return batch.filter(isDeletion);
  }

  async function writeBatch(batch: readonly Waiting[]): Promise<void> {
    let done: ReturnType<Database['apply']>;
    try {
      if (broken !== undefined) throw broken;
      done = database.apply(batch.map(({ change }) => change));
    } catch (error) {
      for (const { reject } of batch)
        reject(new ReasonError('InternalError', 'Cannot write to the store', { cause: error }));
      return;
    }
    try {
      const synced = done.events.length > 0 ? sync?.() : undefined;
      for (const [i, { change }] of batch.entries()) {
        const answer = done.answers[i]!;
        if (answer.ok) change.meanwhile?.(answer.revision);
      }
      await synced;
    } catch (error) {
      broken = error;
      for (const { reject } of batch)
        reject(new ReasonError('InternalError', 'Cannot sync the store', { cause: error }));
      return;
    }
    durable = done.events.at(-1)?.revision ?? durable;
    watchers.publish(done.events);
    for (const [i, { resolve }] of batch.entries()) resolve(done.answers[i]!);
  }

  return {
    commit(change) {
      if (isClosed) return Promise.reject(new ReasonError('ServiceUnavailable', 'The store is closed'));
      return new Promise((resolve, reject) => {
        waiting.push({ change, resolve, reject });
        running ??= drain();
      });
    },
    durable: () => durable,
    raise(revision) {
      durable = Math.max(durable, revision);
    },
    settled: async () => running,
    isClosed: () => isClosed,
    async close() {
      isClosed = true;
      await running;
    },
  };
}
const changesPerBatch = 1000;
const mostBytesPerChange = 64 * 1024; // pages that a row and its place in the index may take, besides the value's own

interface WatchContext {
  readonly database: Database;
  readonly watchers: Watchers;
  readonly durable: () => number;
}

/** First what the log holds, page by page, then what is published: nothing is left out or doubled between the two. */
async function* watch(
  prefix: string,
  after: number,
  signal: AbortSignal,
  { database, watchers, durable }: WatchContext,
): AsyncGenerator<Changes> {
  const live = watchers.follow(prefix, signal);
  try {
    const upTo = durable();
    let seen = after;
    while (seen < upTo && !signal.aborted) {
      if (seen < database.compacted) throw expired(seen, database);
      const page = database.changes(rangeOf(prefix), seen, upTo, changesPerPage);
      seen = page.length < changesPerPage ? upTo : page.at(-1)!.revision;
      if (page.length > 0) yield { events: page, revision: page.at(-1)!.revision };
    }
    for await (const batch of live) {
      const { events, revision } = batch;
      const newer = events[0]!.revision > after ? events : events.filter((event) => event.revision > after);
      if (newer.length > 0) yield { events: newer, revision };
    }
  } finally {
    live.stop();
  }
}
const changesPerPage = 500;

function expired(revision: number, { compacted }: Database): ReasonError {
  return new ReasonError('Expired', `Revision ${revision} was compacted away: the oldest is ${compacted}`);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
