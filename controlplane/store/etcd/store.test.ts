import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { ensureClusterPki } from '#lib/pki/cluster.ts';
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

test('openEtcdStore() speaks TLS, shows its certificate, and believes only the authority that it was given', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'skiff-etcd-tls-'));
  const names = { names: ['127.0.0.1'], serviceAddress: '10.96.0.1', server: 'https://127.0.0.1' };
  await ensureClusterPki({ directory, ...names, nowMs: clock.now() });
  const pki = (name: string) => join(directory, 'pki', name);
  const caFile = pki('ca.crt');
  const secure = await startTestEtcd(clock, { caFile, certFile: pki('apiserver.crt'), keyFile: pki('apiserver.key') });
  const mine = { certFile: pki('admin.crt'), keyFile: pki('admin.key') };
  const signal = new AbortController().signal;
  try {
    const store = await openEtcdStore({ servers: [secure.url], caFile, ...mine, clock, log });
    t.true((await store.commit({ key: '/registry/a', expected: 0, value: Buffer.from('x') }, signal)).ok);
    await store.close();
    for (const wrong of [{ caFile }, { ...mine, caFile: pki('front-proxy-ca.crt') }]) {
      const other = await openEtcdStore({ servers: [secure.url], ...wrong, clock, log });
      await t.throwsAsync(other.get('/registry/a', AbortSignal.timeout(1_000)), { any: true });
      t.truthy(other.problem?.());
      await other.close();
    }
  } finally {
    await secure.stop();
    rmSync(directory, { recursive: true });
  }
});

test('where one member is gone the next is asked', async (t) => {
  const gone = await openEtcdStore({ servers: ['http://127.0.0.1:1', etcd.url], clock, log });
  const signal = new AbortController().signal;
  t.true((await gone.currentRevision(signal)) > 0, 'the other one was asked');
  t.is(gone.problem?.(), undefined);
  await gone.close();
  const again = await openEtcdStore({ servers: ['http://127.0.0.1:1', etcd.url], prefix: '/again', clock, log });
  const creation = { key: '/registry/a', expected: 0, value: Buffer.from('x') };
  t.true((await again.commit(creation, signal)).ok, 'a creation by its second try');
  t.false((await again.commit({ ...creation, value: Buffer.from('y') }, signal)).ok);
  await again.close();
});
