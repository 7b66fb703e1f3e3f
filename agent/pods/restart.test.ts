import test from 'ava';
import { nextRestart, type Restart, restartWaitMs } from './restart.ts';

test('a container that keeps ending at once waits 0, 10, 20, 40 ... seconds, and never more than five minutes', (t) => {
  let last: Restart | undefined;
  let nowMs = 1_000_000;
  const waits: number[] = [];
  for (let end = 0; end < 8; end++) {
    const waitMs = restartWaitMs(last, nowMs, nowMs);
    waits.push(waitMs / 1000);
    const endedAtMs = nowMs;
    nowMs += waitMs;
    last = nextRestart(last, endedAtMs, nowMs);
  }
  t.deepEqual(waits, [0, 10, 20, 40, 80, 160, 300, 300]);
});

test('restartWaitMs() counts from the end of the container', (t) => {
  t.is(restartWaitMs({ delayMs: 10_000, atMs: 0 }, 1_000, 4_000), 7_000);
});

test('who ran more than ten minutes counts from the beginning', (t) => {
  const last = { delayMs: 300_000, atMs: 0 };
  t.is(restartWaitMs(last, 600_001, 600_001), 0);
  t.deepEqual(nextRestart(last, 600_001, 600_001), { delayMs: 10_000, atMs: 600_001 });
});
