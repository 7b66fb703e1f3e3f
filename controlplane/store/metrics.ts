import type { Metrics } from '#lib/metrics.ts';
import type { Changes, Store } from './store.ts';

/** A store with its work counted, by upstream's names for it: they speak of etcd, whatever the engine. */
export function counted(
  store: Store,
  metrics: Metrics,
  resourceAt: (key: string) => { readonly group: string; readonly resource: string },
  now: () => number = () => performance.now(),
): Store {
  const labels = ['operation', 'group', 'resource'];
  const duration = metrics.histogram(
    'etcd_request_duration_seconds',
    'How long an operation of the store took.',
    labels,
    [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60],
  );
  const requests = metrics.counter('etcd_requests_total', 'Operations of the store.', labels);
  const errors = metrics.counter('etcd_request_errors_total', 'Operations of the store that failed.', labels);
  const received = metrics.counter('apiserver_storage_events_received_total', 'Changes that the store has told of.', [
    'group',
    'resource',
  ]);
  const size = store.sizeBytes;
  if (size !== undefined) {
    // One store, named as upstream names the first.
    metrics.gaugeFrom('apiserver_storage_size_bytes', 'Bytes that the store takes.', ['storage_cluster_id'], () => [
      { values: ['etcd-0'], value: size() },
    ]);
  }
  const events = new Map<string, () => void>(); // by resource
  const known = new Map<string, Series>(); // by operation and resource: as many as the cluster has kinds

  function seriesOf(operation: string, key: string): Series {
    const { group, resource } = resourceAt(key);
    const id = `${operation} ${group}/${resource}`;
    let found = known.get(id);
    if (found !== undefined) return found;
    if (known.size >= mostSeries) known.clear();
    const values = [operation, group, resource];
    found = { count: requests.of(values), took: duration.of(values), failed: () => errors.add(values) };
    known.set(id, found);
    return found;
  }

  function timed<T>(operation: string, key: string, run: () => Promise<T>): Promise<T> {
    const series = seriesOf(operation, key);
    const fromMs = now();
    const end = () => series.took((now() - fromMs) / 1000);
    series.count();
    const result = run();
    result.then(end, () => {
      series.failed();
      end();
    });
    return result;
  }

  async function* told(changes: AsyncIterable<Changes>): AsyncIterable<Changes> {
    for await (const batch of changes) {
      for (const { key } of batch.events) {
        const { group, resource } = resourceAt(key);
        const id = `${group}/${resource}`;
        let count = events.get(id);
        if (count === undefined) events.set(id, (count = received.of([group, resource])));
        count();
      }
      yield batch;
    }
  }

  return {
    ...store,
    watch: (prefix, after, signal) => told(store.watch(prefix, after, signal)),
    get: (key, signal) => timed('get', key, () => store.get(key, signal)),
    list: (query, signal) => timed('list', query.prefix, () => store.list(query, signal)),
    commit: (change, signal) => timed(operationOf(change), change.key, () => store.commit(change, signal)),
  };
}
const mostSeries = 4096;

interface Series {
  count(): void;
  took(seconds: number): void;
  failed(): void;
}

function operationOf({ expected, value }: { readonly expected: number; readonly value?: Uint8Array }): string {
  if (value === undefined) return 'delete';
  return expected === 0 ? 'create' : 'update';
}
