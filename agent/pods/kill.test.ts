import test from 'ava';
import type { Container } from '#lib/api/types/core.v1.ts';
import { createFakeClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { exampleContainer, examplePod, observing } from './example.ts';
import { killPod } from './kill.ts';
import type { NodeTools } from './node-facts.ts';
import { createRecord } from './pod-record.ts';

/** A pod of `main` and two sidecars whose processes take `lifeMs` to end once they are told. */
function setUp(lifeMs: number, hookMs = 0, rest: Partial<Container> = {}) {
  const clock = createFakeClock();
  const beganMs = clock.now();
  const said: string[] = [];
  const say = (what: string) => void said.push(`${(clock.now() - beganMs) / 1000} ${what}`);
  const wait = (ms: number) => (ms === 0 ? undefined : clock.sleep(ms, new AbortController().signal));
  const lifecycle = { preStop: { exec: { command: ['x'] } } };
  const sidecar = (name: string) => exampleContainer(name, { restartPolicy: 'Always', lifecycle });
  const pod = examplePod({
    initContainers: [sidecar('first'), sidecar('second')],
    containers: [exampleContainer('main', rest)],
  });
  const runtime = {
    async execSync(id: string) {
      say(`hook ${id}`);
      await wait(hookMs);
      return { exitCode: 0, stdout: new Uint8Array(), stderr: new Uint8Array() };
    },
    async stopContainer(id: string, graceSeconds: number) {
      say(`stop ${id} ${graceSeconds}`);
      await wait(Math.min(lifeMs, graceSeconds * 1000));
    },
    stopSandbox: async (id: string) => say(`stop ${id}`),
  };
  const tools = {
    cri: { runtime },
    observer: { noteContainer: async () => {}, refresh: async () => {} },
    clock,
    hostIPs: [],
    log: createSilentLog(),
    record: () => {},
  } as unknown as NodeTools;
  const observed = observing(pod, [{ of: 'main' }, { of: 'first' }, { of: 'second' }]);
  const record = createRecord(pod, clock.now());
  const kill = (graceSeconds: number) =>
    killPod(record, observed, clock.now() + graceSeconds * 1000, tools, new AbortController().signal);
  return { clock, said, kill };
}

test('killPod() runs the hooks of all at once, and ends sidecars after the others, the last one first', async (t) => {
  const { clock, said, kill } = setUp(3_000);
  const killing = kill(30);
  await clock.advance(20_000);
  await killing;
  t.deepEqual(said, [
    '0 stop main0 30',
    '0 hook second0',
    '0 hook first0',
    '3 stop second0 27',
    '6 stop first0 24',
    '9 stop s0',
  ]);
});

test('killPod() waits for nobody who is out of time', async (t) => {
  const { clock, said, kill } = setUp(60_000);
  const killing = kill(5);
  await clock.advance(60_000);
  await killing;
  t.deepEqual(said.slice(3), ['5 stop second0 2', '5 stop first0 2', '7 stop s0']);
});

test('killPod() gives no hook more than the grace period', async (t) => {
  const { clock, said, kill } = setUp(0, 60_000);
  const killing = kill(5);
  await clock.advance(60_000);
  await killing;
  t.deepEqual(said.slice(3), ['5 stop second0 2', '5 stop first0 2', '5 stop s0']);
});
