import test from 'ava';
import { kernelStats } from './stats.ts';

test('kernelStats() reads v1 and v2', (t) => {
  const expected = { periods: 10, throttledPeriods: 4, throttledSeconds: 1.5, cacheBytes: 4096 };
  const v1 = 'nr_periods 10\nnr_throttled 4\nthrottled_time 1500000000\n';
  t.deepEqual(kernelStats(v1, 'cache 1\nrss 2\ntotal_cache 4096\n'), expected);
  const v2 = 'usage_usec 9\nnr_periods 10\nnr_throttled 4\nthrottled_usec 1500000\n';
  t.deepEqual(kernelStats(v2, 'anon 1\nfile 4096\n'), expected);
  t.deepEqual(kernelStats('', ''), { periods: 0, throttledPeriods: 0, throttledSeconds: 0, cacheBytes: 0 });
});
