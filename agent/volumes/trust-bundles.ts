import { clusterTrustBundles } from '#lib/api/resources.ts';
import type { ClusterTrustBundle } from '#lib/api/types/certificates.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { createInformer, type Informer } from '#lib/client/informer.ts';
import type { Clock } from '#lib/clock.ts';
import { ReasonError } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';

export interface TrustBundles {
  /** All of them. @throws {ReasonError} ServiceUnavailable if the API does not tell in time: ask again */
  list(signal: AbortSignal): Promise<Iterable<ClusterTrustBundle>>;
  /** Calls `listener` when any changed. Returns how to stop. */
  onChange(listener: () => void): () => void;
}

/** Follows them from the first time that somebody asks: most nodes never do. `life` ends it. */
export function createTrustBundles(
  options: { readonly client: Client; readonly clock: Clock; readonly log: Log },
  life: AbortSignal,
): TrustBundles {
  const listeners = new Set<() => void>();
  let informer: Informer<ClusterTrustBundle> | undefined;

  function follow(): Informer<ClusterTrustBundle> {
    const made = createInformer({ ...options, resource: clusterTrustBundles });
    made.onChange(() => {
      for (const listener of listeners) listener();
    });
    void made.run(life);
    return made;
  }

  return {
    async list(signal) {
      informer ??= follow();
      const waiting = new AbortController();
      const late = options.clock.sleep(patienceMs, AbortSignal.any([signal, waiting.signal])).then(() => true);
      late.catch(() => {}); // told to stop: that is all it says
      const isLate = await Promise.race([informer.synced.then(() => false), late]);
      waiting.abort();
      if (isLate) throw new ReasonError('ServiceUnavailable', 'ClusterTrustBundles are not known yet');
      return informer.list();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
const patienceMs = 5_000;
