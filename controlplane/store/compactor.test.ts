import test from 'ava';
import { createFakeClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { runCompactor } from './compactor.ts';
import { openSqliteStore } from './sqlite/store.ts';

test('runCompactor() forgets what is older than it keeps, and nothing younger', async (t) => {
  const store = openSqliteStore({ path: ':memory:' });
  const clock = createFakeClock();
  const stop = new AbortController();
  let revision = 0;
  const write = async (text: string): Promise<void> => {
    const done = await store.commit({ key: '/registry/a', expected: revision, value: Buffer.from(text) }, stop.signal);
    revision = done.ok ? done.revision : 0;
  };
  await write('one');
  await write('two');
  const running = runCompactor({ store, clock, log: createSilentLog(), keepMs: 60_000 }, stop.signal);
  await clock.advance(0);
  await clock.advance(30_000);
  await write('three');
  t.is((await store.list({ prefix: '/registry/', atRevision: 1 }, stop.signal)).entries.length, 1);
  await clock.advance(31_000);
  await t.throwsAsync(store.list({ prefix: '/registry/', atRevision: 1 }, stop.signal), { message: /compacted/ });
  t.is((await store.list({ prefix: '/registry/', atRevision: 2 }, stop.signal)).entries.length, 1);
  stop.abort();
  await running;
  await store.close();
});

test('runCompactor() spares history as soon as room runs out', async (t) => {
  const store = openSqliteStore({ path: ':memory:', maxBytes: 200_000 });
  const clock = createFakeClock();
  const stop = new AbortController();
  let revision = 0;
  for (let i = 0; store.fullness!() < 0.85; i++) {
    const change = { key: '/registry/a', expected: revision, value: Buffer.alloc(10_000, i) };
    const done = await store.commit(change, stop.signal);
    revision = done.ok ? done.revision : 0;
  }
  t.true(store.fullness!() > 0.8);
  const running = runCompactor({ store, clock, log: createSilentLog() }, stop.signal);
  while (store.fullness!() > 0.2) await clock.advance(0);
  t.is((await store.get('/registry/a', stop.signal))?.revision, revision);
  stop.abort();
  await running;
  await store.close();
});
