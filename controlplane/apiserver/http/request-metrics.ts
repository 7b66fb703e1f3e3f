import type { Metrics } from '#lib/metrics.ts';
import type { RequestInfo } from './request-info.ts';

export interface RequestMetrics {
  /** One more is being answered. @returns what ends it */
  begin(info: RequestInfo): () => void;
  count(info: RequestInfo, query: URLSearchParams, status: number, tookMs: number): void;
  /** A watch or a stream has been opened, and stays open until `signal` is aborted. */
  stays(info: RequestInfo, signal: AbortSignal): void;
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
  const inFlight = metrics.gauge(
    'apiserver_current_inflight_requests',
    'Maximal number of currently used inflight request limit of this apiserver per request kind in last second.',
    ['request_kind'],
  );
  const longRunning = metrics.gauge(
    'apiserver_longrunning_requests',
    'Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.',
    ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'component'],
  );
  const labelsOf = (info: RequestInfo) => {
    const { group, version, resource, subresource } = info;
    return [reported[info.verb] ?? 'other', group, version, resource, subresource, scopeOf(info), 'apiserver'];
  };
  return {
    begin({ verb }) {
      const kind = [mutating.has(verb) ? 'mutating' : 'readOnly'];
      inFlight.add(kind, 1);
      return () => inFlight.add(kind, -1);
    },
    stays(info, signal) {
      const labels = labelsOf(info);
      longRunning.add(labels, 1);
      signal.addEventListener('abort', () => longRunning.add(labels, -1), { once: true });
    },
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

const mutating = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

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
