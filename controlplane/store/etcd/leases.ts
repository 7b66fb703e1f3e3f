import type { Clock } from '#lib/clock.ts';

export interface Leases {
  /** A lease under which a key lives for `ttlSeconds` at least. */
  of(ttlSeconds: number, signal: AbortSignal): Promise<string>;
}

/**
 * Keys written one after the other share a lease: each costs etcd a timer and a deletion of its own.
 * Rule: apiserver etcd3, lease manager: a lease is shared for a minute or a twentieth of its time, by 1,000 keys at most.
 */
export function createLeases(
  grant: (ttlSeconds: number, signal: AbortSignal) => Promise<string>,
  clock: Pick<Clock, 'now'>,
): Leases {
  interface Shared {
    readonly id: Promise<string>;
    readonly shareUntilMs: number;
    keys: number;
  }
  const byTtl = new Map<number, Shared>(); // few: one for each kind of key that expires

  return {
    of(ttlSeconds, signal) {
      const nowMs = clock.now();
      const known = byTtl.get(ttlSeconds);
      if (known !== undefined && nowMs < known.shareUntilMs && known.keys < mostKeys) {
        known.keys += 1;
        return known.id;
      }
      const moreSeconds = Math.min(Math.floor(ttlSeconds * 0.05), mostMoreSeconds);
      const id = grant(ttlSeconds + moreSeconds, signal);
      const made: Shared = { id, shareUntilMs: nowMs + moreSeconds * 1000, keys: 1 };
      byTtl.set(ttlSeconds, made);
      id.catch(() => byTtl.get(ttlSeconds) === made && byTtl.delete(ttlSeconds));
      return id;
    },
  };
}
const mostKeys = 1_000;
const mostMoreSeconds = 60;
