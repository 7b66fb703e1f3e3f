import test from 'ava';
import { createFakeClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { examplePod } from '../pods/example.ts';
import { createShutdown } from './keep-shutdown.ts';
import { parsePrepare } from './logind.ts';
import { periodsOf } from './plan.ts';

test('parsePrepare() reads what the bus says of a shutdown, and nothing else', (t) => {
  const line = (member: string, data: unknown) =>
    JSON.stringify({ type: 'signal', member, payload: { type: 'b', data: [data] } });
  t.true(parsePrepare(line('PrepareForShutdown', true)));
  t.false(parsePrepare(line('PrepareForShutdown', false)));
  t.is(parsePrepare(line('PrepareForSleep', true)), undefined);
  t.is(parsePrepare('Monitoring bus message stream.'), undefined);
});

test('run() ends pods turn by turn before it lets the machine go, and takes the lock again if that is called off', async (t) => {
  const clock = createFakeClock();
  const life = new AbortController();
  const said: string[] = [];
  const ended = new Set<string>();
  const untold = new Map<string, PromiseWithResolvers<void>>();
  let tell = Promise.withResolvers<boolean>();
  const say = async (begins: boolean) => {
    tell.resolve(begins);
    tell = Promise.withResolvers();
    await clock.advance(0);
  };
  const pods = [examplePod({ priority: 2_000_000_000 }), examplePod()].map((pod, at) => ({
    ...pod,
    metadata: { ...pod.metadata, uid: at === 0 ? 'critical' : 'plain' },
  }));
  const shutdown = createShutdown({
    periods: periodsOf(30, 10),
    logind: {
      allow: async (seconds) => void said.push(`allow ${seconds}`),
      hold() {
        said.push('hold');
        return () => said.push('release');
      },
      async *changes() {
        while (!life.signal.aborted) yield await tell.promise;
      },
    },
    pods: () => pods,
    fail: (uid, { reason }, graceSeconds) => void said.push(`fail ${uid} ${reason} ${graceSeconds}`),
    hasEnded: (uid) => ended.has(uid),
    settled: async (uid) => await untold.get(uid)?.promise,
    onChange: () => void said.push('change'),
    record: (reason, message) => void said.push(`${reason}: ${message}`),
    clock,
    log: createSilentLog(),
  });
  const running = shutdown.run(life.signal);
  await clock.advance(0);
  t.deepEqual(said.splice(0), ['allow 30', 'hold']);
  t.false(shutdown.isUnderWay());

  await say(true);
  t.true(shutdown.isUnderWay());
  const begun = ['NodeShutdown: Shutdown manager detected shutdown event', 'change', 'fail plain Terminated 20'];
  t.deepEqual(said.splice(0), begun);
  await clock.advance(5_000);
  t.deepEqual(said.splice(0), []);
  untold.set('plain', Promise.withResolvers());
  ended.add('plain');
  await clock.advance(200);
  t.deepEqual(said.splice(0), []); // the API does not know yet
  untold.get('plain')!.resolve();
  await clock.advance(0);
  t.deepEqual(said.splice(0), ['fail critical Terminated 10']);
  untold.set('critical', Promise.withResolvers());
  await clock.advance(10_000); // it does not end: its time is over
  t.deepEqual(said.splice(0), []);
  await clock.advance(5_000); // nor does the API answer: nobody waits for that
  t.deepEqual(said.splice(0), ['release']);

  await say(false);
  t.false(shutdown.isUnderWay());
  t.deepEqual(said.splice(0), ['NodeShutdown: Shutdown manager detected shutdown cancellation', 'change', 'hold']);
  life.abort();
  tell.resolve(false);
  await running;
});
