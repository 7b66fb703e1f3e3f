import test from 'ava';
import { createMetrics } from '#lib/metrics.ts';
import { resourceAt } from '../apiserver/registry/storage-keys.ts';
import { counted } from './metrics.ts';
import { openSqliteStore } from './sqlite/store.ts';

test('counted() counts changes that are told, by resource, and tells what the store takes', async (t) => {
  const metrics = createMetrics();
  const { signal } = new AbortController();
  const store = counted(openSqliteStore({ path: ':memory:' }), metrics, resourceAt);
  const value = new Uint8Array([123]);
  for (const name of ['a', 'b']) await store.commit({ key: `/registry/pods/x/${name}`, expected: 0, value }, signal);
  for await (const { revision } of store.watch('/registry/', 0, signal)) if (revision >= 2) break;
  const text = metrics.render();
  t.regex(text, /^apiserver_storage_events_received_total\{group="",resource="pods"\} 2$/m);
  t.regex(text, /^apiserver_storage_size_bytes\{storage_cluster_id="etcd-0"\} [1-9]\d+$/m);
  await store.close();
});

test('counted() counts what is asked of a store, by resource', async (t) => {
  const metrics = createMetrics();
  const { signal } = new AbortController();
  const store = counted(openSqliteStore({ path: ':memory:' }), metrics, resourceAt);
  const value = new Uint8Array([123]);
  await store.commit({ key: '/registry/minions/a', expected: 0, value }, signal);
  await store.get('/registry/minions/a', signal);
  await store.list({ prefix: '/registry/example.com/widgets/' }, signal);
  await store.commit({ key: '/registry/services/specs/a/b', expected: 1 }, signal);
  await store.close();
  await t.throwsAsync(store.commit({ key: '/registry/pods/a/b', expected: 0, value }, signal));
  const lines = metrics.render().match(/^etcd_request(s|_errors)_total\{.*$/gm);
  t.deepEqual(lines, [
    'etcd_requests_total{operation="create",group="",resource="nodes"} 1',
    'etcd_requests_total{operation="get",group="",resource="nodes"} 1',
    'etcd_requests_total{operation="list",group="example.com",resource="widgets"} 1',
    'etcd_requests_total{operation="delete",group="",resource="services"} 1',
    'etcd_requests_total{operation="create",group="",resource="pods"} 1',
    'etcd_request_errors_total{operation="create",group="",resource="pods"} 1',
  ]);
});
