import type { Metrics } from '#lib/metrics.ts';
import type { Registry } from './registry.ts';

/** How many objects of each resource are stored. */
export function addStorageMetrics(metrics: Metrics, registry: Pick<Registry, 'resources'>): void {
  /** A resource of several versions is stored once. */
  function counts() {
    const found = new Map<string, { readonly group: string; readonly plural: string; readonly value: number }>();
    for (const { facts, count } of registry.resources) {
      const { group, plural } = facts;
      if (count !== undefined)
        found.set(group === '' ? plural : `${plural}.${group}`, { group, plural, value: count() });
    }
    return [...found];
  }
  metrics.gaugeFrom('apiserver_storage_objects', 'Objects that are stored.', ['resource'], () =>
    counts().map(([name, { value }]) => ({ values: [name], value })),
  );
  metrics.gaugeFrom('apiserver_resource_objects', 'Objects that are stored.', ['group', 'resource'], () =>
    counts().map(([, { group, plural, value }]) => ({ values: [group, plural], value })),
  );
}
