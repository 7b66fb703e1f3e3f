import test from 'ava';
import { nextLookMs } from './look-again.ts';

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
