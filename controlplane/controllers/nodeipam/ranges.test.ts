import test from 'ava';
import { parseCidr } from '#lib/ip.ts';
import { Ranges } from './ranges.ts';

const next = test.macro<[readonly string[], string | undefined, string?, number?]>({
  title: (_title, taken, range, cluster = '10.244.0.0/16') => `Ranges of ${cluster} beside [${taken}] give ${range}`,
  exec(t, taken, range, cluster = '10.244.0.0/16', bits = 24) {
    const ranges = new Ranges(parseCidr(cluster)!, bits);
    for (const one of taken) ranges.hold(one);
    t.is(ranges.next(), range);
  },
});
test(next, [], '10.244.0.0/24');
test(next, ['10.244.0.0/24', '10.244.1.0/24'], '10.244.2.0/24');
test(next, ['10.244.1.0/24'], '10.244.0.0/24');
test(next, ['10.244.0.0/26'], '10.244.1.0/24');
test(next, ['10.244.0.0/23'], '10.244.2.0/24');
test(next, ['10.0.0.0/8'], undefined);
test(next, ['10.9.0.0/24'], '10.244.0.0/24');
test(next, ['10.244.0.0/25'], undefined, '10.244.0.0/24');
test(next, ['fd00:1::/64'], 'fd00:1:0:1::/64', 'fd00:1::/48', 64);

test('Ranges give what was freed, once nobody holds it', (t) => {
  const ranges = new Ranges(parseCidr('10.244.0.0/23')!, 24);
  for (const one of ['10.244.0.0/24', '10.244.0.0/25', '10.244.1.0/24']) ranges.hold(one);
  t.is(ranges.next(), undefined);
  ranges.free('10.244.0.0/25');
  t.is(ranges.next(), undefined);
  ranges.free('10.244.0.0/24');
  t.is(ranges.next(), '10.244.0.0/24');
});
