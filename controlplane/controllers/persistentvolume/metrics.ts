import type { PersistentVolume, PersistentVolumeClaim } from '#lib/api/types/core.v1.ts';
import type { Metrics, Sample } from '#lib/metrics.ts';

interface All<T> {
  list(): Iterable<T>;
}

/** Shows how many volumes and claims there are, tied and untied. Names and labels are upstream's. */
export function addVolumeMetrics(
  metrics: Metrics,
  volumes: All<PersistentVolume>,
  claims: All<PersistentVolumeClaim>,
): void {
  const volumesThat = (isBound: boolean) => () =>
    tally(
      [...volumes.list()].filter(({ status }) => (status?.phase === 'Bound') === isBound),
      ({ spec }) => [spec.storageClassName ?? ''],
    );
  const claimsThat = (isBound: boolean) => () =>
    tally(
      [...claims.list()].filter(({ status }) => (status?.phase === 'Bound') === isBound),
      ({ metadata, spec }) => [
        metadata.namespace ?? '',
        spec.storageClassName ?? '',
        spec.volumeAttributesClassName ?? '',
      ],
    );
  const gauge = (name: string, help: string, labels: readonly string[], read: () => Iterable<Sample>) =>
    metrics.gaugeFrom(`pv_collector_${name}`, help, labels, read);
  const claimLabels = ['namespace', 'storage_class', 'volume_attributes_class'];
  gauge('bound_pv_count', 'Volumes that are bound.', ['storage_class'], volumesThat(true));
  gauge('unbound_pv_count', 'Volumes that are not bound.', ['storage_class'], volumesThat(false));
  gauge('bound_pvc_count', 'Claims that are bound.', claimLabels, claimsThat(true));
  gauge('unbound_pvc_count', 'Claims that are not bound.', claimLabels, claimsThat(false));
  gauge('total_pv_count', 'Volumes, by what they lie on.', ['plugin_name', 'volume_mode'], () =>
    tally(volumes.list(), ({ spec }) => [pluginOf(spec), spec.volumeMode ?? 'Filesystem']),
  );
}

function tally<T>(all: Iterable<T>, labelsOf: (one: T) => readonly string[]): readonly Sample[] {
  const groups = Map.groupBy(all, (one) => JSON.stringify(labelsOf(one)));
  return [...groups.values()].map((group) => ({ values: labelsOf(group[0]!), value: group.length }));
}

function pluginOf(spec: PersistentVolume['spec']): string {
  if (spec.csi !== undefined) return `kubernetes.io/csi:${spec.csi.driver}`;
  const found = Object.keys(plugins).find((field) => field in spec);
  return found === undefined ? 'N/A' : `kubernetes.io/${plugins[found]}`;
}
const plugins: Readonly<Record<string, string>> = {
  hostPath: 'host-path',
  local: 'local-volume',
  nfs: 'nfs',
  iscsi: 'iscsi',
  fc: 'fc',
  flexVolume: 'flexvolume',
};
