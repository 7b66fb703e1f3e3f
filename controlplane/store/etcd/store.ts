import type { Clock } from '#lib/clock.ts';
import { ReasonError } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import type { Change, Committed, Entry, Page, Store } from '../store.ts';
import { openChannels, type TlsFiles } from './channel.ts';
import { compactAt, runEtcdCompactor } from './compactor.ts';
import { followMembers } from './follow.ts';
import { createKeys, endOf, type Keys } from './keys.ts';
import { createLeases, type Leases } from './leases.ts';
import { createMembers, long, type Members, type Patience } from './members.ts';
import { createOnce } from './once.ts';
import { shareReads } from './share.ts';
import { watchEtcd } from './watch.ts';
import type { TxnResponse } from './wire.ts';
import {
  type Compare,
  equal,
  type KeyValue,
  type RangeRequest,
  type RangeResponse,
  type TxnRequest,
  target,
} from './wire.ts';

export interface EtcdOptions extends TlsFiles {
  /** `https://10.0.0.1:2379`, each of one member of the same cluster. */
  readonly servers: readonly string[];
  /** What stands in etcd where keys of the port begin with `/registry`; the same if absent. */
  readonly prefix?: string;
  /** Asks the members where members are, and reads certificates again, while it runs. */
  readonly isOurs?: boolean;
  /** How long a key lives after each write, if not for ever. */
  readonly ttlSecondsOf?: (key: string) => number | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Events that may wait for one watcher. */
  readonly maxWaiting?: number;
}

/**
 * A store in etcd v3, which may have several servers: revisions are etcd's own.
 *
 * A member that fails is left for the next one, and what was asked is asked again. For a commit that is safe: it holds
 * only where the key stands as expected. One that finds its own value there has been done the first time.
 */
export async function openEtcdStore(options: EtcdOptions): Promise<Store> {
  const { servers, prefix = '/registry', ttlSecondsOf = () => undefined, clock, log, maxWaiting = 100_000 } = options;
  const channels = await openChannels(servers, options, clock);
  const members = createMembers({ channels, clock, log });
  const end = new AbortController();
  const keys = createKeys(prefix);
  const leases = createLeases(async (ttl, signal) => {
    const { answer } = await members.call<{ ID: string }>('Lease/LeaseGrant', { TTL: ttl }, signal);
    return answer.ID;
  }, clock);
  const inTurn = createTurns();
  const commit = createCommit({ members, keys, leases, ttlSecondsOf });
  const newest = shareReads(async () => {
    const request: RangeRequest = { key: keys.out('/registry/'), countOnly: true };
    return Number((await range(members, request, end.signal)).header.revision);
  });

  return {
    isShared: true,
    async currentRevision(signal) {
      const revision = await newest();
      signal.throwIfAborted();
      return revision;
    },
    async get(key, signal) {
      const { kvs } = await range(members, { key: keys.out(key) }, signal);
      return kvs[0] && entryOf(kvs[0], keys);
    },
    list: (query, signal) => list(members, keys, query, signal),
    commit(change, signal) {
      if (end.signal.aborted) return Promise.reject(new ReasonError('ServiceUnavailable', 'The store is closed'));
      return inTurn(change.key, () => commit(change, signal));
    },
    watch: (watched, after, signal) =>
      watchEtcd(
        { members, keys, prefix: watched, after, maxWaiting, clock, log },
        AbortSignal.any([signal, end.signal]),
      ),
    compact: (revision, signal) => (revision > 0 ? compactAt(members, revision, signal) : Promise.resolve()),
    async run(signal) {
      const follow = options.isOurs ? followMembers(options, channels, members, signal) : undefined;
      await Promise.all([follow, runEtcdCompactor(members, { clock, log }, signal)]);
    },
    problem: members.problem,
    async close() {
      end.abort();
      await inTurn.all();
      members.close();
    },
  };
}

async function range(
  members: Members,
  request: RangeRequest,
  signal: AbortSignal,
  patience?: Patience,
): Promise<RangeResponse> {
  return (await members.call<RangeResponse>('KV/Range', request, signal, patience)).answer;
}

function entryOf({ key, value, modRevision }: KeyValue, keys: Keys): Entry {
  return { key: keys.in(key), value, revision: Number(modRevision) };
}

/** In pages of etcd, all of the revision of the first. */
async function list(
  members: Members,
  keys: Keys,
  { prefix, after = '', limit, atRevision }: Parameters<Store['list']>[0],
  signal: AbortSignal,
): Promise<Page> {
  if (atRevision !== undefined && atRevision <= 0) return { entries: [], revision: 0, remaining: 0 }; // to etcd 0 is now
  const entries: Entry[] = [];
  let revision = atRevision;
  let from = after > prefix ? `${after}\0` : prefix;
  for (;;) {
    const most = Math.min(pageSize, (limit ?? Number.POSITIVE_INFINITY) - entries.length);
    const request = { key: keys.out(from), rangeEnd: endOf(keys.out(prefix)), limit: most, revision: revision ?? 0 };
    const page = await range(members, request, signal, long);
    revision ??= Number(page.header.revision);
    for (const one of page.kvs) entries.push(entryOf(one, keys));
    const remaining = Number(page.count) - page.kvs.length;
    if (remaining === 0 || entries.length === limit) return { entries, revision, remaining };
    from = `${entries.at(-1)!.key}\0`;
  }
}
const pageSize = 500;

interface CommitContext {
  readonly members: Members;
  readonly keys: Keys;
  readonly leases: Leases;
  readonly ttlSecondsOf: (key: string) => number | undefined;
}

export function createCommit({ members, keys, leases, ttlSecondsOf }: CommitContext) {
  return async ({ key, expected, value }: Change, signal: AbortSignal): Promise<Committed> => {
    const at = keys.out(key);
    const ttlSeconds = value === undefined ? undefined : ttlSecondsOf(key);
    const lease = ttlSeconds === undefined ? {} : { lease: await leases.of(ttlSeconds, signal) };
    const isVain = value === undefined && expected === 0; // nothing can be deleted that is to be absent
    const done =
      value === undefined ? { requestDeleteRange: { key: at } } : { requestPut: { key: at, value, ...lease } };
    const once = value !== undefined && expected === 0 ? createOnce(members, leases) : undefined;
    const stands: Compare = { result: equal, target: target.modRevision, key: at, modRevision: expected };
    const requestOf = async (tries: number): Promise<TxnRequest> => {
      if (tries > 1) await once?.renounce(tries, signal);
      return {
        compare: once === undefined ? [stands] : [stands, once.holds(tries)],
        success: isVain ? [{ requestRange: { key: at } }] : [done],
        failure: [{ requestRange: { key: at } }],
      };
    };
    const { answer, tries } = await members.call<TxnResponse>('KV/Txn', requestOf, signal);
    const revision = Number(answer.header.revision);
    if (answer.succeeded && !isVain) return { ok: true, revision };
    const [found] = answer.responses[0]?.responseRange?.kvs ?? [];
    const current = found && entryOf(found, keys);
    if (tries > 1 && !isVain) {
      // An earlier try may have been done, and only its answer lost.
      if (value === undefined && current === undefined) return { ok: true, revision };
      if (value !== undefined && current !== undefined && found!.value.equals(value)) {
        return { ok: true, revision: current.revision };
      }
    }
    if (once !== undefined && current === undefined) {
      throw new ReasonError('ServerTimeout', `Whether ${key} was made is not known: it is not there now`);
    }
    return { ok: false, current };
  };
}

/** Work on one key waits for the work on it before: what is sent at once, etcd does in any order. */
function createTurns(): { <T>(key: string, work: () => Promise<T>): Promise<T>; all(): Promise<void> } {
  const last = new Map<string, Promise<unknown>>(); // bounded by the requests that the server lets in at once
  function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = last.get(key);
    const mine = before === undefined ? work() : before.then(work, work);
    last.set(key, mine);
    const forget = () => last.get(key) === mine && last.delete(key);
    mine.then(forget, forget);
    return mine;
  }
  return Object.assign(inTurn, {
    async all(): Promise<void> {
      await Promise.allSettled(last.values());
    },
  });
}
