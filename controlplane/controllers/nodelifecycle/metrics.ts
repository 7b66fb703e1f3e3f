import type { Node } from '#lib/api/types/core.v1.ts';
import type { Metrics } from '#lib/metrics.ts';
import { readiness } from './health.ts';
import { zoneOf } from './zones.ts';

/** What is counted of nodes, by their zones. Names and labels are upstream's. */
export interface NodeMetrics {
  looked(seconds: number): void;
  /** Pods are driven from a node from now on. */
  evicted(node: Node): void;
}

export function createNodeMetrics(metrics: Metrics, list: () => Iterable<Node>): NodeMetrics {
  const byZone = (value: (nodes: readonly Node[]) => number) => () =>
    [...Map.groupBy(list(), zoneOf)].map(([zone, nodes]) => ({ values: [zone], value: value(nodes) }));
  const gauge = (name: string, help: string, value: (nodes: readonly Node[]) => number) =>
    metrics.gaugeFrom(`node_collector_${name}`, help, ['zone'], byZone(value));
  gauge('zone_size', 'Nodes of the zone.', (nodes) => nodes.length);
  gauge('unhealthy_nodes_in_zone', 'Nodes of the zone that are not ready.', unhealthy);
  gauge('zone_health', 'How many of a hundred nodes of the zone are ready.', (nodes) => {
    return (100 * (nodes.length - unhealthy(nodes))) / nodes.length;
  });
  const evictions = metrics.counter('node_collector_evictions_total', 'Nodes from which pods were driven.', ['zone']);
  const seconds = metrics.histogram(
    'node_collector_update_node_health_duration_seconds',
    'How long a look at a node took.',
    [],
    Array.from({ length: 8 }, (_, i) => 0.001 * 4 ** i),
  );
  return {
    looked: (took) => seconds.observe([], took),
    evicted: (node) => evictions.add([zoneOf(node)]),
  };
}

function unhealthy(nodes: readonly Node[]): number {
  return nodes.filter((node) => readiness(node) !== 'True').length;
}
