import type { Metrics } from '#lib/metrics.ts';
import type { ProxyMode } from './backend.ts';
import { isExternallyReachable, type PortPlan } from './plan.ts';

/** Names are those of kube-proxy: dashboards know them. */
export function createProxyMetrics(metrics: Metrics, mode: ProxyMode, plans: () => Iterable<PortPlan>) {
  const buckets = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096, 8.192];
  const durations = metrics.histogram(
    'kubeproxy_sync_proxy_rules_duration_seconds',
    'How long one sync of rules took',
    [],
    buckets,
  );
  const latencies = metrics.histogram(
    'kubeproxy_network_programming_duration_seconds',
    'From the change being seen to rules being in the kernel',
    [],
    buckets,
  );
  const last = metrics.gauge(
    'kubeproxy_sync_proxy_rules_last_timestamp_seconds',
    'When rules were last brought into line',
    [],
  );
  const failures = metrics.counter(
    mode === 'nftables'
      ? 'kubeproxy_sync_proxy_rules_nftables_sync_failures_total'
      : 'kubeproxy_sync_proxy_rules_iptables_restore_failures_total',
    'How many syncs have failed',
    [],
  );
  failures.add([], 0);
  const queued = metrics.gauge(
    'kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds',
    'When a sync of rules was last asked for',
    [],
  );
  const changes = {
    service: metrics.counter(
      'kubeproxy_sync_proxy_rules_service_changes_total',
      'How many changes of Services have been seen',
      [],
    ),
    endpoint: metrics.counter(
      'kubeproxy_sync_proxy_rules_endpoint_changes_total',
      'How many changes of endpoints have been seen',
      [],
    ),
  };
  metrics.gaugeFrom(
    'kubeproxy_sync_proxy_rules_no_local_endpoints_total',
    'How many Service ports have endpoints, but none that their traffic policy allows here',
    ['traffic_policy'],
    () => {
      const ports = [...plans()];
      const isWithout = ({ targets }: PortPlan) => targets.hasAny && targets.local.length === 0;
      const internal = ports.filter((port) => port.internalPolicy === 'Local' && isWithout(port)).length;
      const external = ports.filter(
        (port) => port.externalPolicy === 'Local' && isExternallyReachable(port) && isWithout(port),
      ).length;
      return [
        { values: ['internal'], value: internal },
        { values: ['external'], value: external },
      ];
    },
  );
  const flows = {
    took: metrics.histogram(
      'kubeproxy_conntrack_reconciler_sync_duration_seconds',
      'How long it took to look through flows',
      [],
      buckets,
    ),
    deleted: metrics.counter(
      'kubeproxy_conntrack_reconciler_deleted_entries_total',
      'How many flows to former targets have been forgotten',
      [],
    ),
  };
  return {
    changed: (what: keyof typeof changes) => changes[what].add([]),
    queued: (atMs: number) => queued.set([], atMs / 1000),
    lookedThroughFlows(tookMs: number, count: number) {
      flows.took.observe([], tookMs / 1000);
      flows.deleted.add([], count);
    },
    synced(tookMs: number, latencyMs: number, atMs: number) {
      durations.observe([], tookMs / 1000);
      latencies.observe([], latencyMs / 1000);
      last.set([], atMs / 1000);
    },
    failed: () => failures.add([]),
  };
}
