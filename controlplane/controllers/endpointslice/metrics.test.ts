import test from 'ava';
import type { Service } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { createMetrics } from '#lib/metrics.ts';
import { createSliceMetrics, servicesBySpread } from './metrics.ts';

const slice = (name: string, ...addresses: readonly string[]) =>
  ({
    metadata: { name },
    addressType: 'IPv4',
    ports: [],
    endpoints: addresses.map((address) => ({ addresses: [address] })),
  }) as unknown as EndpointSlice;
const nothing = { create: [], update: [], remove: [] };

test('createSliceMetrics() counts what there is and what was written', (t) => {
  const metrics = createMetrics();
  const counts = createSliceMetrics(metrics, 'some');
  const has = (...lines: readonly string[]) => {
    const text = metrics.render();
    for (const line of lines) t.true(text.split('\n').includes(line), `${line}\n${text}`);
  };
  counts.synced('n/a', [], { ...nothing, create: [slice('a', '192.0.2.1', '192.0.2.2')] });
  counts.synced('n/b', [], { ...nothing, create: [slice('b1', '192.0.2.3'), slice('b2', '192.0.2.4')] });
  has('some_num_endpoint_slices 3', 'some_desired_endpoint_slices 2', 'some_endpoints_desired 4');
  has('some_changes{operation="create"} 3', 'some_endpoints_added_per_sync_sum 4');
  counts.synced('n/a', [slice('a', '192.0.2.1', '192.0.2.2')], { ...nothing, update: [slice('a', '192.0.2.1')] });
  has('some_endpoints_desired 3', 'some_changes{operation="update"} 1', 'some_endpoints_removed_per_sync_sum 1');
  counts.forget('n/b');
  has('some_num_endpoint_slices 1', 'some_endpoints_desired 1');
});

test('servicesBySpread() counts those that ask for one', (t) => {
  const service = (trafficDistribution?: string) => ({ spec: { trafficDistribution } }) as unknown as Service;
  t.deepEqual(servicesBySpread([service('PreferSameZone'), service(), service('PreferSameZone')]), [
    { values: ['PreferSameZone'], value: 2 },
  ]);
});
