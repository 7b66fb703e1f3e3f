import type { Metrics } from '#lib/metrics.ts';
import type { ApiResponse } from '../exchange.ts';
import type { RequestInfo } from './request-info.ts';

export interface RequestMetrics {
  /** One more is being answered. @returns what ends it */
  begin(info: RequestInfo): () => void;
  count(request: Answered, response: ApiResponse, tookMs: number): void;
  /** A watch or a stream has been opened, and stays open until `signal` is aborted. */
  stays(request: Answered, signal: AbortSignal): void;
}

export interface Answered {
  readonly info: RequestInfo;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** Upstream's numbers about requests, by upstream's names. */
export function createRequestMetrics(metrics: Metrics, knownAs: KnownAs = () => 'unknown'): RequestMetrics {
  const labels = ['verb', 'dry_run', 'group', 'version', 'resource', 'subresource', 'scope', 'component'];
  const withoutDry = labels.filter((label) => label !== 'dry_run');
  const total = metrics.counter('apiserver_request_total', 'Requests answered.', [...labels, 'code']);
  const duration = metrics.histogram('apiserver_request_duration_seconds', 'How long requests took.', labels, seconds);
  const promised = metrics.histogram(
    'apiserver_request_sli_duration_seconds',
    'How long requests took, but for what others took of it.',
    withoutDry,
    seconds,
  );
  const sizes = metrics.histogram(
    'apiserver_response_sizes',
    'Bytes of answers.',
    withoutDry,
    [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9],
  );
  const terminations = metrics.counter(
    'apiserver_request_terminations_total',
    'Requests given up to keep the server well.',
    [...withoutDry, 'code'],
  );
  const deprecated = metrics.gauge(
    'apiserver_requested_deprecated_apis',
    '1 for an outdated API that somebody has asked for.',
    ['group', 'version', 'resource', 'subresource', 'removed_release'],
  );
  const inFlight = metrics.gauge('apiserver_current_inflight_requests', 'Requests under way, by kind.', [
    'request_kind',
  ]);
  const longRunning = metrics.gauge('apiserver_longrunning_requests', 'Watches and streams that are open.', [
    'verb',
    'group',
    'version',
    'resource',
    'subresource',
    'scope',
    'component',
  ]);

  const known = new Map<string, Series>(); // what is written often, with its labels; forgotten all at once when there are many

  function seriesOf({ info, query, headers }: Answered, isFound: boolean): Series {
    const as = info.isResource ? knownAs(info) : 'unknown';
    const verb = verbOf(info, headers);
    const dryRun = query.has('dryRun') ? 'All' : '';
    // Any text would be a label where nothing is found.
    const { group, version, resource, subresource } = isFound || as !== 'unknown' ? info : nothing;
    const key = `${verb}|${dryRun}|${group}|${version}|${resource}|${subresource}|${scopeOf(info)}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    if (known.size >= mostSeries) known.clear();
    const about = [group, version, resource, subresource, scopeOf(info), 'apiserver'];
    const values = [verb, dryRun, ...about];
    const series: Series = {
      codes: new Map(),
      code: (code) => total.of([...values, code]),
      terminated: (code) => terminations.add([verb, ...about, code]),
      took: verb === 'WATCH' || verb === 'CONNECT' ? [] : [duration.of(values), promised.of([verb, ...about])],
      sized: verb === 'GET' || verb === 'LIST' ? sizes.of([verb, ...about]) : undefined,
    };
    if (as === 'deprecated') deprecated.set([group, version, resource, subresource, ''], 1);
    known.set(key, series);
    return series;
  }

  return {
    begin({ verb }) {
      const kind = [mutating.has(verb) ? 'mutating' : 'readOnly'];
      inFlight.add(kind, 1);
      return () => inFlight.add(kind, -1);
    },
    stays({ info, headers }, signal) {
      const { group, version, resource, subresource } = info;
      const values = [verbOf(info, headers), group, version, resource, subresource, scopeOf(info), 'apiserver'];
      longRunning.add(values, 1);
      signal.addEventListener('abort', () => longRunning.add(values, -1), { once: true });
    },
    count(request, { status, body }, tookMs) {
      const series = seriesOf(request, status !== 404);
      let counted = series.codes.get(status);
      if (counted === undefined) series.codes.set(status, (counted = series.code(String(status))));
      counted();
      for (const took of series.took) took(tookMs / 1000);
      if (status === 504 || status === 503 || status === 429) series.terminated(String(status));
      if (typeof body === 'string' || body instanceof Uint8Array) series.sized?.(body.length);
    },
  };
}

/** Whether the server has such a resource at all, and warns of it. */
export type KnownAs = (info: RequestInfo) => 'unknown' | 'known' | 'deprecated';

const seconds = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
const mostSeries = 4096;
const nothing = { group: '', version: '', resource: '', subresource: '' };

interface Series {
  readonly codes: Map<number, () => void>;
  code(code: string): () => void;
  terminated(code: string): void;
  readonly took: readonly ((seconds: number) => void)[];
  readonly sized: ((bytes: number) => void) | undefined;
}

const mutating = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** Rule: apiserver endpoints/metrics, cleanVerb. */
function verbOf({ verb, isResource, subresource }: RequestInfo, headers: Answered['headers']): string {
  if (isResource && connecting.has(subresource)) return 'CONNECT';
  if (verb === 'patch' && headers['content-type']?.startsWith('application/apply-patch')) return 'APPLY';
  return reported[verb] ?? 'other';
}
const connecting = new Set(['attach', 'exec', 'portforward', 'proxy']);

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

/** Rule: the same, CleanScope. */
function scopeOf({ isResource, verb, name, namespace }: RequestInfo): string {
  if (!isResource) return '';
  if (name !== '' || verb === 'create') return 'resource';
  return namespace === '' ? 'cluster' : 'namespace';
}
