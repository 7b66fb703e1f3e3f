// Leader election on the real API server: only what scheduler and controllers would do is left out.
import test from 'ava';
import { events, leases } from '#lib/api/resources.ts';
import type { Client } from '#lib/client/client.ts';
import { runElected } from '#lib/client/election/elect.ts';
import { createClock, createFakeClock, type FakeClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { startTestServer, type TestServer } from './testing.ts';

let server: TestServer;
test.before(async () => void (server = await startTestServer()));
test.after.always(() => server.close());

const real = createClock();

test('runElected() lets one of two work, and the other one as soon as the first gives up', async (t) => {
  const clock = createFakeClock(Date.now());
  const [a, b] = [candidate('one-of-two', 'a', clock), candidate('one-of-two', 'b', clock)];
  await until(clock, () => a.isLeading || b.isLeading);
  const [first, second] = a.isLeading ? [a, b] : [b, a];
  for (let i = 0; i < 20; i++) {
    await pass(clock, 1_000);
    t.false(a.isLeading && b.isLeading);
    t.true(first.isLeading);
  }
  first.end();
  await until(clock, () => second.isLeading);
  t.false(first.isLeading);
  const at = { namespace: 'kube-system', name: 'one-of-two' };
  const { spec } = await server.client.get(leases, at, server.signal);
  t.like(spec, { holderIdentity: second.identity, leaseDurationSeconds: 15, leaseTransitions: 1 });
  second.end();
  await Promise.all([first.ended, second.ended]);
});

test('runElected() stops working when it cannot renew, before another one starts', async (t) => {
  const clock = createFakeClock(Date.now());
  const a = candidate('cut-off', 'a', clock);
  await until(clock, () => a.isLeading);
  a.cut();
  const b = candidate('cut-off', 'b', clock);
  let stoppedMs = 0;
  await until(clock, () => {
    t.false(a.isLeading && b.isLeading);
    if (!a.isLeading && stoppedMs === 0) stoppedMs = clock.now();
    return b.isLeading;
  });
  t.true(stoppedMs > 0);
  b.end();
  a.end();
  await Promise.all([a.ended, b.ended]);
});

test('runElected() tells of it in Events about the Lease', async (t) => {
  const one = candidate('told', 'a', real);
  const list = () =>
    server.client.list(events, { namespace: 'kube-system', fieldSelector: 'involvedObject.name=told' }, server.signal);
  for (;;) {
    const [event] = (await list()).items;
    if (event === undefined) continue;
    t.like(event, {
      reason: 'LeaderElection',
      type: 'Normal',
      message: 'a became leader',
      source: { component: 'told' },
      involvedObject: { kind: 'Lease', namespace: 'kube-system', apiVersion: 'coordination.k8s.io/v1' },
    });
    break;
  }
  one.end();
  await one.ended;
});

/** One of those who want to lead `name`. */
function candidate(name: string, identity: string, clock: FakeClock | typeof real) {
  const end = new AbortController();
  let isCut = false;
  const state = { identity, isLeading: false, end: () => end.abort(), cut: () => void (isCut = true) };
  const unlessCut = <A extends unknown[], R>(call: (...given: A) => Promise<R>) => {
    return async (...given: A) => {
      if (isCut) throw new Error('cut off');
      underWay++;
      try {
        return await call(...given);
      } finally {
        underWay--;
      }
    };
  };
  const { get, create, update } = server.client;
  const calls = { get: unlessCut(get), create: unlessCut(create), update: unlessCut(update) };
  const client = { ...server.client, ...calls } as Client;
  const lead = async (signal: AbortSignal) => {
    state.isLeading = true;
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    state.isLeading = false;
  };
  const options = { client, name, identity, clock, log: createSilentLog() };
  return Object.assign(state, { ended: runElected(options, lead, end.signal) });
}

let underWay = 0;

/** Lets fake time go on, and waits until real requests have been answered, however long that takes. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  await clock.advance(ms);
  for (let quiet = 0; quiet < 5; quiet = underWay === 0 ? quiet + 1 : 0) await real.sleep(2, server.signal);
}

async function until(clock: FakeClock, isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 100; i++) {
    if (isSo()) return;
    await pass(clock, 500);
  }
  throw new Error('It did not come to that');
}
