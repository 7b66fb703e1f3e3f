import test from 'ava';
import { createClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { storeSuite } from '../suite.ts';
import { openEtcdStore } from './store.ts';
import { startTestEtcd, type TestEtcd } from './testing.ts';

const clock = createClock();
const log = createSilentLog();
let etcd: TestEtcd;
let prefixes = 0;

test.before(async () => {
  etcd = await startTestEtcd(clock);
});
test.after.always(() => etcd?.stop());

/** Each store under a prefix of its own: they do not see each other, though they share revisions. */
function open(options: { readonly maxWaiting?: number } = {}) {
  prefixes += 1;
  return openEtcdStore({ servers: [etcd.url], prefix: `/${prefixes}`, clock, log, ...options });
}

storeSuite(test.serial as typeof test, { name: 'etcd', open });

test('watch() of a new etcd comes to its revision', async (t) => {
  const fresh = await startTestEtcd(clock);
  const store = await openEtcdStore({ servers: [fresh.url], clock, log });
  try {
    const stop = new AbortController();
    const last = await store.currentRevision(stop.signal);
    for await (const { revision } of store.watch('/registry/', 0, stop.signal)) if (revision >= last) stop.abort();
    t.true(stop.signal.aborted);
  } finally {
    await store.close();
    await fresh.stop();
  }
});
