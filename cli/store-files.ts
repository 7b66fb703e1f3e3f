// What `skiff store` does: stores of both engines, and files.
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { connect } from '#lib/client/connect.ts';
import { createClock } from '#lib/clock.ts';
import { createLog } from '#lib/log.ts';
import { firstMember, locationOf, type MemberPlace, readMember, writeMember } from '../controlplane/members/member.ts';
import { openStore } from '../controlplane/open-store.ts';
import type { EtcdLocation } from '../controlplane/options.ts';
import { dumpStore, readBackup } from '../controlplane/store/backup.ts';
import { restoreInto } from '../controlplane/store/restore.ts';
import type { Store } from '../controlplane/store/store.ts';

export interface StorePlace {
  readonly dataDir: string;
  readonly etcd?: EtcdLocation;
}

const databaseOf = (dataDir: string): string => `${dataDir}/skiff.db`;

async function open({ dataDir, etcd }: StorePlace): Promise<Store> {
  const log = createLog({ level: 'warn' });
  return openStore({ databasePath: databaseOf(dataDir), etcd }, { clock: createClock(), log });
}

/** Whole or not at all: under its name only when it is complete. */
export async function saveBackup(file: string, place: StorePlace, signal: AbortSignal): Promise<void> {
  const partial = `${file}.partial`;
  await pipeline(
    Readable.from(linesOf(place, signal)),
    createGzip(),
    createWriteStream(partial, { mode: 0o600, flush: true }),
    { signal },
  );
  await readWhole(partial); // what cannot be read now will not be later
  await rename(partial, file);
}

async function* linesOf(place: StorePlace, signal: AbortSignal): AsyncGenerator<string | Uint8Array> {
  if (place.etcd === undefined && (await readMember(place.dataDir)) !== undefined) {
    yield* askServer(place.dataDir, signal);
    return;
  }
  if (place.etcd === undefined && !existsSync(databaseOf(place.dataDir))) {
    throw new Error(`There is no ${databaseOf(place.dataDir)}: say where it is by --data-dir, or where etcd is`);
  }
  const store = await open(place).catch((error: Error) => {
    if (error.message.includes('locked')) return undefined;
    throw error;
  });
  if (store === undefined) {
    yield* askServer(place.dataDir, signal);
    return;
  }
  try {
    yield* dumpStore(store, signal);
  } finally {
    await store.close();
  }
}

/** The server has the file open, and nobody else may: it hands out what is in it. */
async function* askServer(dataDir: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  await using connection = await connect(`${dataDir}/admin.conf`, { userAgent: 'skiff' });
  const request = { method: 'GET', path: '/skiff/backup', headers: {} };
  const { status, body } = await connection.transport.request(request, signal);
  if (status !== 200) throw new Error(`The server does not hand out what it keeps: status ${status}`);
  yield* body;
}

function readLines(file: string): AsyncIterable<string> {
  return createInterface({ input: createReadStream(file).pipe(createGunzip()), crlfDelay: Number.POSITIVE_INFINITY });
}

async function readWhole(file: string): Promise<void> {
  const { entries } = await readBackup(readLines(file));
  for await (const _entry of entries);
}

/** How far the revision is lifted above the backup's: clients may have seen what came after it. */
const lostRevisions = { sqlite: 1_000_000, etcd: 10_000 }; // etcd has to count there one by one

export async function restoreBackup(file: string, place: StorePlace, signal: AbortSignal): Promise<number> {
  await readWhole(file); // before anything is written
  const store = await open(place);
  try {
    const lost = place.etcd === undefined ? lostRevisions.sqlite : lostRevisions.etcd;
    return await restoreInto(store, await readBackup(readLines(file)), lost, signal);
  } finally {
    await store.close();
  }
}

/** The file is kept under another name, so that no server goes on with it by mistake. */
export async function migrateToEtcd(
  dataDir: string,
  etcd: EtcdLocation,
  signal: AbortSignal,
): Promise<{ readonly count: number; readonly kept: string }> {
  const path = databaseOf(dataDir);
  if (!existsSync(path)) throw new Error(`There is no ${path}: say where it is by --data-dir`);
  const from = await open({ dataDir });
  let count: number;
  try {
    const to = await open({ dataDir, etcd });
    try {
      count = await restoreInto(to, await readBackup(dumpStore(from, signal)), 0, signal);
      await compare(from, to, signal);
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
  const kept = `${path}.migrated`;
  await rename(path, kept);
  return { count, kept };
}

/** To a new member of etcd beside the server, which runs it from then on. */
export async function migrateToOwnEtcd(
  dataDir: string,
  place: MemberPlace,
  signal: AbortSignal,
): Promise<{ readonly count: number; readonly kept: string }> {
  const { ensureEtcdPki } = await import('#lib/pki/etcd.ts');
  const { startMember } = await import('../controlplane/members/run.ts');
  if ((await readMember(dataDir)) !== undefined) throw new Error(`${dataDir} has a member of etcd already`);
  const [member, clock] = [firstMember(place), createClock()];
  await rm(`${dataDir}/etcd`, { recursive: true, force: true }); // of a try that failed: it was never in use
  await ensureEtcdPki({ directory: dataDir, names: [member.address], nowMs: clock.now() });
  const running = await startMember(dataDir, member, { clock, log: createLog({ level: 'warn' }) });
  try {
    await running.ready(signal);
    const moved = await migrateToEtcd(dataDir, locationOf(dataDir, member), signal);
    await writeMember(dataDir, member);
    return moved;
  } finally {
    await running.stop();
  }
}

/** @throws {Error} if anything of `from` is not in `to` */
async function compare(from: Store, to: Store, signal: AbortSignal): Promise<void> {
  let after = '';
  for (;;) {
    const page = await from.list({ prefix: '/registry/', after, limit: 500 }, signal);
    for (const { key } of page.entries) {
      if ((await to.get(key, signal)) === undefined) throw new Error(`${key} did not arrive in etcd`);
    }
    if (page.remaining === 0) return;
    after = page.entries.at(-1)!.key;
  }
}
