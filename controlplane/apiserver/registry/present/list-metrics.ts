import type { Metrics } from '#lib/metrics.ts';
import type { Served } from '../served.ts';

/** Where a list came from, of how many objects it was chosen, and how many it shows. */
export interface Listed {
  readonly from: 'cache' | 'storage';
  readonly fetched: number;
  readonly shown: number;
}

export type CountList = (served: Pick<Served, 'group' | 'plural'>, listed: Listed) => void;

/** What lists cost. Rule: apiserver storage/cacher/metrics and storage/etcd3/metrics. */
export function createListMetrics(metrics: Metrics): CountList {
  const open = (from: Listed['from'], fetchedBy: readonly string[]) => {
    const labels = ['group', 'resource'];
    const name = `apiserver_${from}_list`;
    return {
      total: metrics.counter(`${name}_total`, `Lists made from the ${from}.`, [...labels, ...fetchedBy]),
      fetched: metrics.counter(
        `${name}_fetched_objects_total`,
        `Objects of which lists from the ${from} were chosen.`,
        [...labels, ...fetchedBy],
      ),
      shown: metrics.counter(`${name}_returned_objects_total`, `Objects that lists from the ${from} show.`, labels),
    };
  };
  const families = { cache: open('cache', ['index']), storage: open('storage', []) };
  const known = new Map<string, (listed: Listed) => void>(); // by origin and resource: as many as the cluster has kinds

  function seriesOf({ group, plural }: Pick<Served, 'group' | 'plural'>, from: Listed['from']) {
    const { total, fetched, shown } = families[from];
    const by = from === 'cache' ? [group, plural, ''] : [group, plural]; // no index: what is listed is looked through
    const [count, read, told] = [total.of(by), fetched.of(by), shown.of([group, plural])];
    return (listed: Listed) => {
      count();
      read(listed.fetched);
      told(listed.shown);
    };
  }

  return (served, listed) => {
    const key = `${listed.from} ${served.group}/${served.plural}`;
    let found = known.get(key);
    if (found === undefined) {
      if (known.size >= mostSeries) known.clear();
      known.set(key, (found = seriesOf(served, listed.from)));
    }
    found(listed);
  };
}
const mostSeries = 4096;
