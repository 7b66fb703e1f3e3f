import type { Metrics } from '#lib/metrics.ts';

/** Names are those of kube-proxy: dashboards know them. */
export function createProxyMetrics(metrics: Metrics) {
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
    'kubeproxy_sync_proxy_rules_iptables_restore_failures_total',
    'How many syncs have failed',
    [],
  );
  return {
    synced(tookMs: number, latencyMs: number, atMs: number) {
      durations.observe([], tookMs / 1000);
      latencies.observe([], latencyMs / 1000);
      last.set([], atMs / 1000);
    },
    failed: () => failures.add([]),
  };
}
