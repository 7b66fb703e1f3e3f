import type { Metrics } from '#lib/metrics.ts';
import type { RequestInfo } from './request-info.ts';

export interface RequestMetrics {
  count(info: RequestInfo, query: URLSearchParams, status: number, tookMs: number): void;
}

/** Upstream's numbers about requests, by upstream's names. */
export function createRequestMetrics(metrics: Metrics): RequestMetrics {
  const total = metrics.counter(
    'apiserver_request_total',
    'Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
    ['verb', 'dry_run', 'group', 'version', 'resource', 'subresource', 'scope', 'component', 'code'],
  );
  const duration = metrics.histogram(
    'apiserver_request_duration_seconds',
    'Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.',
    ['verb', 'dry_run', 'group', 'version', 'resource', 'subresource', 'scope', 'component'],
    [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60],
  );
  metrics.gaugeFrom('process_resident_memory_bytes', 'Resident memory size in bytes.', [], () => [
    { values: [], value: process.memoryUsage.rss() },
  ]);
  metrics.gaugeFrom('process_cpu_seconds_total', 'Total user and system CPU time spent in seconds.', [], () => {
    const { user, system } = process.cpuUsage();
    return [{ values: [], value: (user + system) / 1e6 }];
  });
  return {
    count(info, query, status, tookMs) {
      const verb = reported[info.verb] ?? 'other';
      const dryRun = query.has('dryRun') ? 'All' : '';
      const { group, version, resource, subresource } = info;
      const known = status === 404 ? ['', '', '', ''] : [group, version, resource, subresource]; // any text would be a label
      const labels = [verb, dryRun, ...known, scopeOf(info), 'apiserver'];
      total.add([...labels, String(status)]);
      if (info.verb !== 'watch') duration.observe(labels, tookMs / 1000);
    },
  };
}

const reported: Readonly<Record<string, string>> = {
  get: 'GET',
  list: 'LIST',
  watch: 'WATCH',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETECOLLECTION',
  post: 'POST',
  put: 'PUT',
};

function scopeOf({ isResource, name, namespace }: RequestInfo): string {
  if (!isResource) return '';
  if (name !== '') return 'resource';
  return namespace === '' ? 'cluster' : 'namespace';
}
