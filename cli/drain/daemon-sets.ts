import { keyOf } from '#lib/api/resource.ts';
import { daemonSets } from '#lib/api/resources.ts';
import type { DaemonSet } from '#lib/api/types/apps.v1.ts';
import type { Client } from '#lib/client/client.ts';

/** Every DaemonSet there is, by namespace/name. */
export async function listDaemonSets(client: Client, signal: AbortSignal): Promise<ReadonlyMap<string, DaemonSet>> {
  const { items } = await client.list(daemonSets, {}, signal);
  return new Map(items.map((one) => [keyOf(one), one]));
}
