import test from 'ava';
import { wrongInterfaceAddress, wrongStrictCidr, wrongStrictIp, wrongUsualCidr, wrongUsualIp } from './strict-ip.ts';

const noIp = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const noCidr = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
const zeros = 'must not have leading 0s in IP or prefix length';

for (const [text, strict, usual = strict] of [
  ['10.1.2.3', []],
  ['2001:db8::1', []],
  ['FE80:0abc::1', [], ['must be in canonical form ("fe80:abc::1")']],
  ['010.1.2.3', ['must not have leading 0s']],
  ['::ffff:1.2.3.4', ['must not be an IPv4-mapped IPv6 address']],
  ['300.1.2.3', [noIp]],
  ['fe80::1%eth0', [noIp]],
  ['', [noIp]],
] as const) {
  test(`wrongStrictIp() and wrongUsualIp() judge "${text}"`, (t) => {
    t.deepEqual([wrongStrictIp(text), wrongUsualIp(text)], [strict, usual]);
  });
}

for (const [text, strict, usual = strict] of [
  ['10.0.0.0/8', []],
  ['2001:db8::/64', []],
  ['2001:DB8::/64', [], ['must be in canonical form ("2001:db8::/64")']],
  ['1.1.01.0/24', [zeros]],
  ['192.168.0.0/016', [zeros]],
  ['::ffff:1.1.1.0/120', ['must not have an IPv4-mapped IPv6 address']],
  ['1.2.3.4/24', ['must not have bits set beyond the prefix length']],
  ['10.0.0.0', [noCidr]],
  ['10.0.0.0/33', [noCidr]],
  ['', [noCidr]],
] as const) {
  test(`wrongStrictCidr() and wrongUsualCidr() judge "${text}"`, (t) => {
    t.deepEqual([wrongStrictCidr(text), wrongUsualCidr(text)], [strict, usual]);
  });
}

for (const [text, ...expected] of [
  ['10.9.8.7/24'],
  ['2001:db8::1/64'],
  ['010.009.008.000/24', 'must be in canonical form ("10.9.8.0/24")'],
  ['2001:0db8::1/64', 'must be in canonical form ("2001:db8::1/64")'],
  ['300.9.8.0/24', 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)'],
  ['10.9.8.7', 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)'],
] as const) {
  test(`wrongInterfaceAddress() judges "${text}"`, (t) => {
    t.deepEqual(wrongInterfaceAddress(text), expected);
  });
}
