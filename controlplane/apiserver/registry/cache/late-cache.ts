import type { Entry, StoreEvent } from '../../../store/store.ts';
import type { FedCache } from './resource-cache.ts';

export interface LateCache extends FedCache {
  /** Hands over what was stored at `revision`, and what has come since. */
  loaded(entries: readonly Entry[], revision: number, atMs: number): void;
}

/** Stands for a cache that is about to be loaded while the feed goes on: keeps the changes that come meanwhile. */
export function createLateCache(cache: FedCache): LateCache {
  let waiting: { readonly event: StoreEvent; readonly atMs: number }[] = [];
  let isReplaced = false;
  return {
    ...cache,
    apply(event, atMs) {
      waiting.push({ event, atMs }); // bounded by the time that one list takes
    },
    replace(entries, revision, atMs) {
      isReplaced = true;
      waiting = [];
      cache.replace(entries, revision, atMs);
    },
    loaded(entries, revision, atMs) {
      if (!isReplaced) cache.replace(entries, revision, atMs);
      for (const { event, atMs: at } of waiting) cache.apply(event, at);
      waiting = [];
    },
  };
}
