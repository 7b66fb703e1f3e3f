import test from 'ava';
import type { KubeObject, Resource } from '#lib/api/resource.ts';
import { failure } from '#lib/api/status.ts';
import type { Endpoints } from '#lib/api/types/core.v1.ts';
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

test('the endpoints are those of who lives, whoever leaves or writes while they are written', async (t) => {
  const store = openSqliteStore({ path: ':memory:' });
  const [one, two] = ['192.0.2.1', '192.0.2.2'].map((address) => createServerLeases(store, address));
  await Promise.all([one!.refresh(never), two!.refresh(never)]);
  const stored = new Map<string, KubeObject>();
  const written: string[] = [];
  let faults = ['Conflict', 'leaves'];
  const client = {
    async get({ kind }: Resource<KubeObject>) {
      const found = stored.get(kind);
      if (found === undefined) throw failure('NotFound', 'none');
      return found;
    },
    async create({ kind }: Resource<KubeObject>, object: KubeObject) {
      stored.set(kind, object);
    },
    async update({ kind }: Resource<KubeObject>, object: KubeObject) {
      const [fault, ...rest] = kind === 'Endpoints' ? faults : [];
      if (fault !== undefined) faults = rest;
      if (fault === 'Conflict') throw failure('Conflict', 'somebody else was first');
      if (fault === 'leaves') await two!.remove(never);
      stored.set(kind, object);
      if (kind === 'Endpoints') written.push(addressesOf(object));
    },
  };
  stored.set('Endpoints', { metadata: { name: 'kubernetes', namespace: 'default' } });
  const facts = () => ({ advertiseAddress: '192.0.2.1', securePort: 6443, serviceAddress: '10.96.0.1' });
  const registry = { reader: () => ({ onChange: () => () => {}, get: () => undefined }) };
  const [clock, log, end] = [createFakeClock(), createSilentLog(), new AbortController()];
  const options = { store, registry, client, facts, clock, log } as unknown as EndpointsOptions;
  const ended = runEndpoints(options, end.signal);
  await clock.advance(0);
  while (written.length < 2) await new Promise(setImmediate);
  t.deepEqual(written, ['192.0.2.1,192.0.2.2', '192.0.2.1']);
  end.abort();
  await ended;
  await store.close();
});

function addressesOf(object: KubeObject): string {
  const { subsets } = object as KubeObject & Endpoints;
  return subsets?.flatMap((one) => one.addresses?.map(({ ip }) => ip) ?? []).join() ?? '';
}

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
