import test from 'ava';
import { createMetrics } from '#lib/metrics.ts';
import { createLab } from '../testing.ts';

test('Lists are counted by where they came from, with what they were chosen of', async (t) => {
  const metrics = createMetrics();
  await using lab = await createLab({ metrics });
  const namespace = 'n';
  for (const name of ['a', 'b', 'c']) {
    await lab.ask('create', 'v1/configmaps', { namespace, body: { metadata: { name, labels: { name } } } });
  }
  const list = (query: string) => lab.ask('list', 'v1/configmaps', { namespace, query });
  t.is((await list('')).body.items.length, 3);
  t.is((await list('labelSelector=name=a')).body.items.length, 1);
  const first = await list('limit=2');
  await lab.ask('delete', 'v1/configmaps', { namespace, name: 'c' });
  const { items } = (await list(`limit=2&continue=${first.body.metadata.continue}`)).body;
  t.is(items.length, 1); // as it was
  const lines = metrics.render().match(/^apiserver_(cache|storage)_list_.*$/gm);
  t.deepEqual(lines, [
    'apiserver_cache_list_total{group="",resource="configmaps",index=""} 3',
    'apiserver_cache_list_fetched_objects_total{group="",resource="configmaps",index=""} 9',
    'apiserver_cache_list_returned_objects_total{group="",resource="configmaps"} 6',
    'apiserver_storage_list_total{group="",resource="configmaps"} 1',
    'apiserver_storage_list_fetched_objects_total{group="",resource="configmaps"} 1',
    'apiserver_storage_list_returned_objects_total{group="",resource="configmaps"} 1',
  ]);
});
