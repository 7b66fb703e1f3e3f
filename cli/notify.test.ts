import test from 'ava';
import { createFakeClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { keepNotified, takeNotifyEnvironment } from './notify.ts';

test('takeNotifyEnvironment() leaves nothing for children', (t) => {
  const environment = { NOTIFY_SOCKET: '/run/n', WATCHDOG_USEC: '60000000', WATCHDOG_PID: '1', HOME: '/' };
  t.deepEqual(takeNotifyEnvironment(environment), { socket: '/run/n', watchdogMs: 60_000 });
  t.deepEqual(environment as object, { HOME: '/' });
});

test('keepNotified() says ready once, then alive while it is well', async (t) => {
  const said: string[] = [];
  const clock = createFakeClock();
  const life = new AbortController();
  const exec = async (_file: string, [word]: readonly string[]) => {
    said.push(word!);
    return { stdout: '', stderr: '', exitCode: 0 };
  };
  let isWell = false;
  const tools = { clock, exec, log: createSilentLog() };
  const done = keepNotified({ socket: '/run/n', watchdogMs: 60_000 }, async () => isWell, tools, life.signal);
  await clock.advance(1_000);
  t.deepEqual(said, []);
  isWell = true;
  await clock.advance(200);
  t.deepEqual(said, ['READY=1']);
  await clock.advance(20_000);
  isWell = false;
  await clock.advance(20_000);
  t.deepEqual(said, ['READY=1', 'WATCHDOG=1']);
  isWell = true; // it was slow, not dead: that is told long before systemd has waited in vain
  await clock.advance(1_000);
  t.deepEqual(said, ['READY=1', 'WATCHDOG=1', 'WATCHDOG=1']);
  life.abort();
  await done;
});
