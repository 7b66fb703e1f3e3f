import type { Service } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import type { Metrics } from '#lib/metrics.ts';
import type { SlicePlan } from './distribute.ts';

/** What of slices is counted, by the controller that makes them. Names and labels are upstream's. */
export interface SliceMetrics {
  /** A round for the Service or Endpoints `key`, whose slices were `before`. */
  synced(key: string, before: readonly EndpointSlice[], plan: SlicePlan, about?: Service): void;
  forget(key: string): void;
}

export function createSliceMetrics(metrics: Metrics, subsystem: string): SliceMetrics {
  const now = new Map<string, Counts>(); // bounded by the Services
  const sum = (pick: (counts: Counts) => number) => () => {
    return [{ values: [], value: [...now.values()].reduce((total, counts) => total + pick(counts), 0) }];
  };
  const name = (rest: string) => `${subsystem}_${rest}`;
  metrics.gaugeFrom(
    name('num_endpoint_slices'),
    'How many slices there are.',
    [],
    sum(({ slices }) => slices),
  );
  metrics.gaugeFrom(
    name('desired_endpoint_slices'),
    'How many slices would do if all were filled.',
    [],
    sum(({ desired }) => desired),
  );
  metrics.gaugeFrom(
    name('endpoints_desired'),
    'How many endpoints there are to be.',
    [],
    sum(({ endpoints }) => endpoints),
  );
  const changes = metrics.counter(name('changes'), 'Writes of slices, by kind.', ['operation']);
  const added = metrics.histogram(name('endpoints_added_per_sync'), 'Endpoints added in a round.', [], endpointBuckets);
  const removed = metrics.histogram(
    name('endpoints_removed_per_sync'),
    'Endpoints removed in a round.',
    [],
    endpointBuckets,
  );
  return {
    synced(key, before, plan) {
      const { create, update, remove } = plan;
      for (const [operation, slices] of Object.entries({ create, update, delete: remove }))
        if (slices.length > 0) changes.add([operation], slices.length);
      const after = slicesAfter(before, plan);
      const [old, fresh] = [addressesOf(before), addressesOf(after)];
      added.observe([], [...fresh].filter((one) => !old.has(one)).length);
      removed.observe([], [...old].filter((one) => !fresh.has(one)).length);
      now.set(key, countsOf(after));
    },
    forget: (key) => void now.delete(key),
  };
}

/** How many Services ask for a way of spreading their traffic, by that. */
export function servicesBySpread(services: Iterable<Service>) {
  const counts = new Map<string, number>();
  for (const { spec } of services) {
    const way = spec?.trafficDistribution;
    if (way) counts.set(way, (counts.get(way) ?? 0) + 1);
  }
  return [...counts].map(([way, value]) => ({ values: [way], value }));
}

interface Counts {
  readonly slices: number;
  readonly desired: number;
  readonly endpoints: number;
}

export function slicesAfter(before: readonly EndpointSlice[], { create, update, remove }: SlicePlan) {
  const gone = new Set([...update, ...remove].map(({ metadata }) => metadata.name));
  return [...before.filter(({ metadata }) => !gone.has(metadata.name)), ...create, ...update];
}

function countsOf(slices: readonly EndpointSlice[]): Counts {
  const groups = Map.groupBy(slices, ({ addressType, ports }) => JSON.stringify([addressType, ports]));
  const sizes = [...groups.values()].map((group) =>
    group.reduce((n, { endpoints }) => n + (endpoints ?? []).length, 0),
  );
  return {
    slices: slices.length,
    desired: sizes.reduce((n, size) => n + Math.max(1, Math.ceil(size / mostInSlice)), 0),
    endpoints: sizes.reduce((n, size) => n + size, 0),
  };
}
const mostInSlice = 100;

function addressesOf(slices: readonly EndpointSlice[]): ReadonlySet<string> {
  return new Set(
    slices.flatMap(({ addressType, ports, endpoints }) =>
      (endpoints ?? []).map(({ addresses }) => JSON.stringify([addressType, ports, addresses[0]])),
    ),
  );
}

const endpointBuckets = Array.from({ length: 15 }, (_, i) => 2 ** (i + 1));
