import test from 'ava';
import { nextLookMs, nextWholeLookMs } from './look-again.ts';

const waits = test.macro<[string, readonly number[], number]>({
  title: (_title, what) => `nextLookMs() ${what}`,
  exec: (t, _what, tookMs, ms) => {
    t.is(nextLookMs(tookMs), ms);
  },
});
test(waits, 'is a second before the first look', [], 1_000);
test(waits, 'is a second after looks that were cheap', [7, 9], 1_000);
test(waits, 'grows so that looks take a hundredth of the time', [31, 30], 3_000);
test(waits, 'is five seconds at most', [400], 5_000);
test(waits, 'goes by the shortest of the last ones', [900, 8, 700], 1_000);
test(waits, 'forgets what is long ago', [8, 40, 40, 40, 40, 40], 4_000);

test('nextWholeLookMs() keeps whole looks to a twentieth of the time', (t) => {
  t.deepEqual([0, 200, 400, 2_000, 30_000].map(nextWholeLookMs), [5_000, 5_000, 8_000, 40_000, 60_000]);
});
