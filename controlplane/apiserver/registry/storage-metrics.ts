import type { Metrics } from '#lib/metrics.ts';
import type { Registry } from './registry.ts';

/** How many objects of each resource are stored. */
export function addStorageMetrics(metrics: Metrics, registry: Pick<Registry, 'resources'>): void {
  metrics.gaugeFrom(
    'apiserver_storage_objects',
    'Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
    ['resource'],
    () => {
      const counts = new Map<string, number>(); // a resource of several versions is stored once
      for (const { facts, count } of registry.resources) if (count !== undefined) counts.set(nameOf(facts), count());
      return [...counts].map(([name, value]) => ({ values: [name], value }));
    },
  );
}

function nameOf({ group, plural }: { readonly group: string; readonly plural: string }): string {
  return group === '' ? plural : `${plural}.${group}`;
}
