import test from 'ava';
import { createFakeClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { openSqliteStore } from '../../store/sqlite/store.ts';
import type { Store } from '../../store/store.ts';
import { masterLeases } from '../registry/layout/kinds.ts';
import { type EndpointsOptions, runEndpoints } from './run-endpoints.ts';
import { createServerLeases } from './server-leases.ts';

const never = new AbortController().signal;

test('servers that live are those whose keys are there: who ends goes at once, who is expired comes back', async (t) => {
  const store = openSqliteStore({ path: ':memory:' });
  const [one, two] = ['192.0.2.1', '192.0.2.2'].map((address) => createServerLeases(store, address)) as [
    ReturnType<typeof createServerLeases>,
    ReturnType<typeof createServerLeases>,
  ];
  t.deepEqual(await one.refresh(never), ['192.0.2.1']);
  t.deepEqual(await two.refresh(never), ['192.0.2.1', '192.0.2.2']);
  t.deepEqual(await one.refresh(never), ['192.0.2.1', '192.0.2.2']);
  t.deepEqual(await one.remove(never), ['192.0.2.2']);
  t.deepEqual(await one.remove(never), ['192.0.2.2'], 'again');
  t.deepEqual(await one.refresh(never), ['192.0.2.1', '192.0.2.2']);
  await store.close();
});

test('refresh() outlives a key that expires between its reading and its writing', async (t) => {
  const store = openSqliteStore({ path: ':memory:' });
  const key = `${masterLeases}192.0.2.1`;
  const leases = createServerLeases(expiringOnce(store, key), '192.0.2.1');
  await createServerLeases(store, '192.0.2.1').refresh(never);
  t.deepEqual(await leases.refresh(never), ['192.0.2.1']);
  await store.close();
});

test('runEndpoints() tries again within a second where the store does not answer', async (t) => {
  const clock = createFakeClock();
  let asked = 0;
  const store = {
    get: async () => {
      asked++;
      throw new Error('nobody answers');
    },
  } as unknown as Store;
  const facts = () => ({ advertiseAddress: '192.0.2.1' });
  const registry = { reader: () => ({ onChange: () => () => {} }) };
  const options = { store, registry, facts, clock, log: createSilentLog() } as unknown as EndpointsOptions;
  const end = new AbortController();
  const ended = runEndpoints(options, end.signal);
  await clock.advance(0);
  await clock.advance(3_000);
  t.is(asked, 4);
  end.abort();
  await ended;
});

function expiringOnce(store: Store, key: string): Store {
  let isDone = false;
  return {
    ...store,
    async commit(change, signal) {
      if (!isDone) await store.commit({ key, expected: change.expected }, signal);
      isDone = true;
      return store.commit(change, signal);
    },
  };
}
