import test from 'ava';
import { createClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { createLab, type Lab } from '../registry/testing.ts';
import { createPlugins } from './plugins.ts';

async function lab(hard: Record<string, string>): Promise<Lab> {
  const it = await createLab({
    admission: (registry) => createPlugins({ registry, log: createSilentLog(), clock: createClock() }),
  });
  await it.ask('create', 'v1/namespaces', { body: { metadata: { name: 'a' } } });
  await it.ask('create', 'v1/resourcequotas', { namespace: 'a', body: { metadata: { name: 'q' }, spec: { hard } } });
  const used = Object.fromEntries(Object.keys(hard).map((name) => [name, '0']));
  const body = { status: { hard, used } };
  const { code } = await it.ask('patch', 'v1/resourcequotas/status', { namespace: 'a', name: 'q', body });
  if (code !== 200) throw new Error(`cannot set the status: ${code}`);
  return it;
}
const make = (it: Lab, name: string, query = '') =>
  it.ask('create', 'v1/configmaps', { namespace: 'a', query, body: { metadata: { name } } });
const usedOf = async (it: Lab) =>
  (await it.ask('get', 'v1/resourcequotas', { namespace: 'a', name: 'q' })).body.status.used;

test('no more come in than the quota allows, however many try at once', async (t) => {
  await using it = await lab({ configmaps: '10' });
  const codes = (await Promise.all(Array.from({ length: 40 }, (_, i) => make(it, `m${i}`)))).map(({ code }) => code);
  t.is(codes.filter((code) => code === 201).length, 10);
  t.is(codes.filter((code) => code === 403).length, 30);
  t.deepEqual(await usedOf(it), { configmaps: '10' });
});

test('the refusal says what is exceeded', async (t) => {
  await using it = await lab({ 'count/configmaps': '0' });
  const { code, body } = await make(it, 'm');
  t.is(code, 403);
  t.is(
    body.message,
    'configmaps "m" is forbidden: exceeded quota: q, requested: count/configmaps=1, used: count/configmaps=0, limited: count/configmaps=0',
  );
});

test('a dry run is judged and not charged', async (t) => {
  await using it = await lab({ configmaps: '1' });
  t.is((await make(it, 'm', 'dryRun=All')).code, 201);
  t.deepEqual(await usedOf(it), { configmaps: '0' });
});

test('somebody else writes the quota at the same time', async (t) => {
  await using it = await lab({ configmaps: '20' });
  const label = (i: number) =>
    it.ask('patch', 'v1/resourcequotas', { namespace: 'a', name: 'q', body: { metadata: { labels: { i: `${i}` } } } });
  const all = await Promise.all(Array.from({ length: 30 }, (_, i) => [make(it, `m${i}`), label(i)]).flat());
  t.is(all.filter(({ code }) => code === 403).length, 10);
  t.deepEqual(await usedOf(it), { configmaps: '20' });
});
