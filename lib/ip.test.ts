import test from 'ava';
import { contains, formatCidr, formatIp, parseCidr, parseIp } from './ip.ts';

const same = test.macro<[string, string | undefined]>({
  title: (_title, text, expected) => `parseIp() reads ${text} as ${expected}`,
  exec: (t, text, expected) => {
    const ip = parseIp(text);
    t.is(ip && formatIp(ip), expected);
  },
});
test(same, '10.96.0.10', '10.96.0.10');
test(same, '255.255.255.255', '255.255.255.255');
test(same, '256.0.0.1', undefined);
test(same, '10.0.0.01', undefined);
test(same, '10.0.0', undefined);
test(same, '', undefined);
test(same, '::', '::');
test(same, 'fd00::1', 'fd00::1');
test(same, 'FD00:0:0:0:0:0:0:1', 'fd00::1');
test(same, '1:0:0:2:0:0:0:3', '1:0:0:2::3');
test(same, '::ffff:1.2.3.4', '::ffff:102:304');
test(same, '1::2::3', undefined);
test(same, 'fe80::1%eth0', undefined);
test(same, '1:2:3:4:5:6:7:8:9', undefined);

test('parseCidr() clears host bits', (t) => {
  t.is(formatCidr(parseCidr('10.244.3.7/24')!), '10.244.3.0/24');
  t.is(formatCidr(parseCidr('fd00::1/64')!), 'fd00::/64');
  for (const text of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/', '10.0.0.0/08', '/8']) {
    t.is(parseCidr(text), undefined, text);
  }
});

test('contains() keeps the families apart', (t) => {
  const range = parseCidr('10.244.0.0/16')!;
  t.true(contains(range, parseIp('10.244.255.1')!));
  t.false(contains(range, parseIp('10.245.0.1')!));
  t.false(contains(range, parseIp('::10.244.0.1')!));
  t.true(contains(parseCidr('0.0.0.0/0')!, parseIp('1.1.1.1')!));
});
