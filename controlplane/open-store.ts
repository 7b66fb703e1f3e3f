// Where objects are kept: a file of this machine, or etcd in upstream's layout.
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { EtcdLocation } from './options.ts';
import type { Store } from './store/store.ts';

export interface StorePlace {
  readonly databasePath: string;
  readonly maxStoreBytes?: number | undefined;
  readonly etcd?: EtcdLocation | undefined;
}

/** Loads only the engine that is used: gRPC alone weighs 20 MB. */
export async function openStore(
  { databasePath, maxStoreBytes, etcd }: StorePlace,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<Store> {
  if (etcd === undefined) {
    const { openSqliteStore } = await import('./store/sqlite/store.ts');
    return openSqliteStore({
      path: databasePath,
      ...(maxStoreBytes === undefined ? {} : { maxBytes: maxStoreBytes }),
    });
  }
  const [{ openEtcdStore }, { laidOut }] = await Promise.all([
    import('./store/etcd/store.ts'),
    import('./apiserver/registry/layout/laid-out.ts'),
  ]);
  return laidOut(await openEtcdStore({ ...etcd, ttlSecondsOf, clock, log }), log, etcd.storageVersions);
}

/** Rule: --event-ttl of kube-apiserver; the lease reconciler of the `kubernetes` Service. */
function ttlSecondsOf(key: string): number | undefined {
  if (key.startsWith('/registry/events/')) return 3_600;
  return key.startsWith('/registry/masterleases/') ? 15 : undefined;
}
