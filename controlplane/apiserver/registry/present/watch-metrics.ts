import type { Metrics } from '#lib/metrics.ts';
import type { Served } from '../served.ts';

export interface WatchMetrics {
  /** To be called with the bytes of each event that one, or so many, of its watches are told. */
  counter(served: Served): (bytes: number, times?: number) => void;
  /** A client did not keep up. */
  terminated(served: Served): void;
}

/** What watchers are told. Rule: apiserver endpoints/metrics and storage/cacher/metrics. */
export function createWatchMetrics(metrics: Metrics): WatchMetrics {
  const labels = ['group', 'version', 'resource'];
  const total = metrics.counter('apiserver_watch_events_total', 'Events told to watches.', labels);
  const sizes = metrics.histogram(
    'apiserver_watch_events_sizes',
    'Bytes of an event told to watches.',
    labels,
    Array.from({ length: 8 }, (_, power) => 1024 * 2 ** power),
  );
  const terminated = metrics.counter(
    'apiserver_terminated_watchers_total',
    'Watches ended because their clients did not keep up.',
    ['group', 'resource'],
  );
  return {
    counter({ group, version, plural }) {
      const values = [group, version, plural];
      const [count, sized] = [total.of(values), sizes.of(values)];
      return (bytes, times = 1) => {
        count(times);
        sized(bytes, times);
      };
    },
    terminated: ({ group, plural }) => terminated.add([group, plural]),
  };
}
