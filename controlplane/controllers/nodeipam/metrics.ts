import type { Metrics } from '#lib/metrics.ts';
import type { Ranges } from './ranges.ts';

/** What is counted of the ranges that nodes get. Names and labels are upstream's. */
export interface RangeMetrics {
  given(cluster: Ranges): void;
  released(cluster: Ranges): void;
}

export function createRangeMetrics(metrics: Metrics, clusters: ReadonlyMap<string, Ranges>): RangeMetrics {
  const labels = ['clusterCIDR'];
  const name = (rest: string) => `node_ipam_controller_${rest}`;
  const names = new Map([...clusters].map(([cidr, cluster]) => [cluster, [cidr]]));
  const each = (value: (cluster: Ranges) => number) => () =>
    [...clusters].map(([cidr, cluster]) => ({ values: [cidr], value: value(cluster) }));
  metrics.gaugeFrom(
    name('cidrset_usage_cidrs'),
    'Share of the ranges that nodes have.',
    labels,
    each(({ held, count }) => held / count),
  );
  metrics.gaugeFrom(
    name('cirdset_max_cidrs'),
    'How many ranges there are.',
    labels,
    each(({ count }) => count),
  );
  const given = metrics.counter(name('cidrset_cidrs_allocations_total'), 'Ranges given to nodes.', labels);
  const released = metrics.counter(name('cidrset_cidrs_releases_total'), 'Ranges that came back.', labels);
  const tries = metrics.histogram(
    name('cidrset_allocation_tries_per_request'),
    'Ranges that were found taken before a free one.',
    labels,
    [1, 5, 25, 125, 625],
  );
  return {
    given(cluster) {
      given.add(names.get(cluster)!);
      tries.observe(names.get(cluster)!, cluster.passed);
    },
    released: (cluster) => released.add(names.get(cluster)!),
  };
}
