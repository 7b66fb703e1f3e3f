import type { Event } from '#lib/api/types/core.v1.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Store } from '../../store/store.ts';
import type { ResourceCache } from './cache/resource-cache.ts';

export interface EventExpiryOptions {
  readonly cache: ResourceCache;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

/** Deletes Events an hour after they were last seen, until `signal` is aborted. Rule: --event-ttl of kube-apiserver. */
export async function runEventExpiry(
  { cache, store, clock, log }: EventExpiryOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(everyMs, signal).catch(() => {}); // only the end of the server aborts it
    if (signal.aborted) return;
    const old = cache.select('').filter((stored) => seenMs(stored.object() as Event) < clock.now() - keepMs);
    try {
      for (let i = 0; i < old.length; i += atOnce) {
        const some = old.slice(i, i + atOnce);
        await Promise.all(
          some.map(({ key, revision }) => store.commit({ key: cache.prefix + key, expected: revision }, signal)),
        );
      }
    } catch (error) {
      if (!signal.aborted) log.warn('Could not delete old events', { err: error });
    }
  }
}
const keepMs = 3_600_000;
const everyMs = 60_000;
const atOnce = 200;

function seenMs({ metadata, lastTimestamp, eventTime, series }: Event): number {
  const times = [metadata.creationTimestamp, lastTimestamp, eventTime, series?.lastObservedTime];
  return Math.max(0, ...times.map((time) => Date.parse(time ?? '')).filter((ms) => !Number.isNaN(ms)));
}
