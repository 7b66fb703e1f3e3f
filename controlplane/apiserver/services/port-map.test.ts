import test from 'ava';
import { createSilentLog } from '#lib/log.ts';
import { openSqliteStore } from '../../store/sqlite/store.ts';
import { laidOut } from '../registry/layout/laid-out.ts';
import { createPortKeys } from './port-keys.ts';
import { allocationOf, createPortMap, portsIn } from './port-map.ts';

const span = { first: 30_000, size: 2768 };
const signal = new AbortController().signal;

const bits = test.macro<[readonly number[], string]>({
  title: (_title, ports, data) => `allocationOf() has ${JSON.stringify(ports)} as 0x${data}`,
  exec(t, ports, data) {
    const allocation = allocationOf(ports, span);
    t.is(allocation.range, '30000-32767');
    t.is(Buffer.from(allocation.data, 'base64').toString('hex'), data);
    t.deepEqual([...portsIn(Buffer.from(JSON.stringify(allocation)))].toSorted(), [...ports]);
  },
});
test(bits, [], '');
test(bits, [30_000], '01');
test(bits, [30_000, 30_009], '0201');
test(bits, [30_015, 30_016], '018000');

test('portsIn() goes by the range that was written', (t) => {
  const written = { ...allocationOf([30_001], span), range: '31000-31999' };
  t.deepEqual([...portsIn(Buffer.from(JSON.stringify(written)))], [31_001]);
});

test('many at once set each bit, and each once', async (t) => {
  const store = laidOut(openSqliteStore({ path: ':memory:', maxWaiting: 1000 }), createSilentLog());
  const map = createPortMap(store, span);
  const ports = Array.from({ length: 20 }, (_, i) => 30_000 + (i % 10));
  const done = await Promise.all(ports.map((port) => map.set(port)));
  t.is(done.filter(Boolean).length, 10);
  await Promise.all([30_001, 30_002].map((port) => map.clear(port)));
  t.is((await map.read()).size, 8);
  await store.close();
});

test('a port that a server of upstream has is not given away, and one that is given back is free for it', async (t) => {
  const plain = openSqliteStore({ path: ':memory:', maxWaiting: 1000 });
  const store = laidOut(plain, createSilentLog());
  const map = createPortMap(store, span);
  const [keys, other] = [createPortKeys(store, map), createPortKeys(store, map)];
  await map.set(30_100);
  t.false(await keys.take(30_100, 'a'));
  t.deepEqual(await keys.list(), []);
  t.true(await keys.take(30_101, 'a'));
  t.true(await keys.take(30_101, 'a'));
  t.false(await keys.take(30_101, 'b'));
  t.deepEqual([...(await map.read())], [30_100, 30_101]);
  keys.give(30_101, 'a');
  other.give(30_101, 'a'); // every server sees it go
  await Promise.all([keys.settled(), other.settled()]);
  t.deepEqual([...(await map.read())], [30_100]);
  t.true(await other.take(30_101, 'b'));
  t.true(await keys.take(30_100, 'c', 'has'));
  const raw = await plain.get('/registry/ranges/servicenodeports', signal);
  t.is(Buffer.from(raw!.value).subarray(0, 4).toString('latin1'), 'k8s\0');
  await store.close();
});
