import test from 'ava';
import { parseCidr } from '#lib/ip.ts';
import { nextRange } from './plan.ts';

const next = test.macro<[readonly string[], string | undefined, string?, number?]>({
  title: (_title, taken, range, cluster = '10.244.0.0/16') => `nextRange() in ${cluster} beside [${taken}] is ${range}`,
  exec(t, taken, range, cluster = '10.244.0.0/16', bits = 24) {
    t.is(nextRange(parseCidr(cluster)!, bits, taken), range);
  },
});
test(next, [], '10.244.0.0/24');
test(next, ['10.244.0.0/24', '10.244.1.0/24'], '10.244.2.0/24');
test(next, ['10.244.1.0/24'], '10.244.0.0/24');
test(next, ['10.244.0.0/26'], '10.244.1.0/24');
test(next, ['10.9.0.0/24'], '10.244.0.0/24');
test(next, ['10.244.0.0/25'], undefined, '10.244.0.0/24');
test(next, ['fd00:1::/64'], 'fd00:1:0:1::/64', 'fd00:1::/48', 64);
