import type { StatefulSet } from '#lib/api/types/apps.v1.ts';
import type { Metrics } from '#lib/metrics.ts';
import { scaledValue } from '../shared/int-or-percent.ts';

/** Shows how many pods of each set that rolls may be unavailable, and how many are. Names and labels are upstream's. */
export function addStatefulSetMetrics(metrics: Metrics, list: () => Iterable<StatefulSet>): void {
  const labels = ['statefulset_namespace', 'statefulset_name', 'pod_management_policy'];
  const each = (value: (set: StatefulSet) => number) => () =>
    [...list()]
      .filter(({ spec }) => spec.updateStrategy?.type !== 'OnDelete')
      .map((set) => ({
        values: [set.metadata.namespace ?? '', set.metadata.name, set.spec.podManagementPolicy ?? 'OrderedReady'],
        value: value(set),
      }));
  const name = (rest: string) => `statefulset_controller_statefulset_${rest}`;
  metrics.gaugeFrom(
    name('max_unavailable'),
    'Pods that may be unavailable in an update.',
    labels,
    each(mostUnavailable),
  );
  metrics.gaugeFrom(name('unavailable_replicas'), 'Pods that are missing or unavailable.', labels, each(unavailable));
}

function mostUnavailable({ spec }: StatefulSet): number {
  return Math.max(1, scaledValue(spec.updateStrategy?.rollingUpdate?.maxUnavailable, spec.replicas ?? 1, 'up'));
}

function unavailable({ spec, status }: StatefulSet): number {
  return Math.max(0, (spec.replicas ?? 1) - (status?.availableReplicas ?? 0));
}
