// One watch of the whole store feeds every cache, so that one number says how far all of them are.

import { failure } from '#lib/api/status.ts';
import { backoffMs } from '#lib/backoff.ts';
import type { Clock } from '#lib/clock.ts';
import { hasReason } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import type { Entry, Store } from '../../../store/store.ts';
import { atPrefix, root } from '../storage-keys.ts';
import { createLateCache } from './late-cache.ts';
import type { FedCache } from './resource-cache.ts';

export interface Feed {
  /** Settles with the first full load. */
  readonly ready: Promise<void>;
  /** Caches show everything up to this revision. */
  readonly applied: number;
  /**
   * Settles when `applied` has reached `revision`.
   * @returns false if it has not within `timeoutMs`
   */
  reached(revision: number, timeoutMs: number, signal: AbortSignal): Promise<boolean>;
  /**
   * Settles when caches show all that the store had acknowledged at the time of the call; returns that revision.
   * @throws {StatusError} ServerTimeout if they stay behind
   */
  current(signal: AbortSignal): Promise<number>;
  /** From then on feeds `cache`, too, which holds what is stored when this settles. After `ready`. */
  add(cache: FedCache, signal: AbortSignal): Promise<void>;
  remove(cache: FedCache): void;
  /** Feeds the caches until `signal` is aborted. */
  run(signal: AbortSignal): Promise<void>;
}

export interface FeedOptions {
  readonly store: Store;
  readonly caches: readonly FedCache[];
  readonly clock: Clock;
  readonly log: Log;
}

export function createFeed({ store, caches, clock, log }: FeedOptions): Feed {
  const byPrefix = new Map(caches.map((cache) => [cache.prefix, cache]));
  const ready = Promise.withResolvers<void>();
  const waiting = new Set<{ readonly revision: number; readonly wake: () => void }>();
  let applied = 0;
  let wanted = Number.POSITIVE_INFINITY; // from there on the caches are good to read

  function advance(revision: number): void {
    applied = Math.max(applied, revision);
    if (applied >= wanted) ready.resolve();
    for (const one of waiting) {
      if (one.revision > applied) continue;
      waiting.delete(one);
      one.wake();
    }
  }

  /** Loads everything as it was a while ago, so that watchers of that time can go on; as it is now where that is forgotten. */
  async function loadFirst(signal: AbortSignal): Promise<void> {
    const revision = await store.currentRevision(signal);
    try {
      await load(Math.max(0, revision - replayed), signal);
    } catch (error) {
      if (!hasReason(error, 'Expired')) throw error;
      await load(revision, signal);
    }
    wanted = revision;
    advance(applied);
  }

  async function load(revision: number, signal: AbortSignal): Promise<void> {
    const groups = new Map<FedCache, Entry[]>([...byPrefix.values()].map((cache) => [cache, []]));
    let after = '';
    for (;;) {
      const page = await store.list({ prefix: root, after, limit: pageSize, atRevision: revision }, signal);
      for (const entry of page.entries) groups.get(atPrefix(byPrefix, entry.key)!)?.push(entry);
      if (page.remaining === 0) break;
      after = page.last ?? page.entries.at(-1)!.key;
    }
    for (const [cache, entries] of groups) cache.replace(entries, revision, clock.now());
    advance(revision);
  }

  async function follow(signal: AbortSignal): Promise<void> {
    for await (const { events, revision } of store.watch(root, applied, signal)) {
      const nowMs = clock.now();
      for (const event of events) atPrefix(byPrefix, event.key)?.apply(event, nowMs);
      advance(revision);
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    let isLoaded = false;
    let isFirst = true;
    while (!signal.aborted) {
      try {
        if (isFirst) await loadFirst(signal);
        else if (!isLoaded) await load(await store.currentRevision(signal), signal);
        isFirst = false;
        isLoaded = true;
        failures = 0;
        await follow(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (hasReason(error, 'Expired')) isLoaded = false;
        failures += 1;
        log.warn('Lost the watch of the store', { failures, err: error });
        await clock.sleep(backoffMs(failures, { firstMs: 10, mostMs: 5_000 }), signal).catch(() => {});
      }
    }
  }

  async function add(cache: FedCache, signal: AbortSignal): Promise<void> {
    const { prefix } = cache;
    const late = createLateCache(cache);
    byPrefix.set(prefix, late);
    try {
      const atRevision = applied;
      const { entries } = await store.list({ prefix, atRevision }, signal);
      late.loaded(entries, atRevision, clock.now());
      byPrefix.set(prefix, cache);
    } catch (error) {
      byPrefix.delete(prefix);
      throw error;
    }
  }

  async function reached(revision: number, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    if (applied >= revision) return true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const one = { revision, wake: resolve };
    waiting.add(one);
    const done = new AbortController();
    const late = clock.sleep(timeoutMs, AbortSignal.any([done.signal, signal])).catch(() => {});
    await Promise.race([promise, late]);
    done.abort();
    waiting.delete(one);
    return applied >= revision;
  }

  return {
    ready: ready.promise,
    get applied() {
      return applied;
    },
    reached,
    add,
    remove: ({ prefix }) => byPrefix.delete(prefix),
    async current(signal) {
      const revision = await store.currentRevision(signal);
      if (applied >= revision || (await reached(revision, staleMs, signal))) return Math.max(revision, applied);
      throw failure('ServerTimeout', `the caches are behind the store: at ${applied}, not yet at ${revision}`);
    },
    run,
  };
}
const pageSize = 1000;
const replayed = 1000; // changes: clients that were connected before a restart resume without a list
const staleMs = 3_000;
