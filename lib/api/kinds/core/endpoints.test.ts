import test from 'ava';
import { updates, validates } from '../testing.ts';

const metadata = { name: 'a', namespace: 'default' };
const base = {
  metadata,
  subsets: [
    {
      addresses: [{ ip: '10.10.1.1', hostname: 'a', nodeName: 'n.b' }],
      notReadyAddresses: [{ ip: 'fd00::1' }],
      ports: [{ name: 'a', port: 80, appProtocol: 'example.com/a' }],
    },
  ],
};
const endpoints = validates('', 'Endpoints', base);
const validIp = 'must be a valid IP address';
test('valid', endpoints, {});
const cases: readonly (readonly [string, object, ...(readonly (string | RegExp)[])])[] = [
  [
    'no address',
    { ports: [{ port: 80 }] },
    'subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`',
  ],
  [
    'what is no address',
    { addresses: [{ ip: 'x' }] },
    `subsets[0].addresses[0].ip: Invalid value: "x": ${validIp}, (e.g. 10.9.8.7 or 2001:db8::ffff)`,
    `subsets[0].addresses[0].ip: Invalid value: "x": ${validIp}`,
  ],
  [
    'an address of the machine',
    { addresses: [{ ip: '127.0.0.1' }, { ip: '224.0.0.1' }] },
    'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    'subsets[0].addresses[1].ip: Invalid value: "224.0.0.1": may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
  ],
  [
    'names that are none',
    { addresses: [{ ip: '10.0.0.1', hostname: 'A', nodeName: 'B' }] },
    /^subsets\[0\]\.addresses\[0\]\.hostname: Invalid value: "A": a lowercase RFC 1123 label/,
    /^subsets\[0\]\.addresses\[0\]\.nodeName: Invalid value: "B": a lowercase RFC 1123 subdomain/,
  ],
  [
    'ports that are none',
    {
      addresses: [{ ip: '10.0.0.1' }],
      ports: [{ port: 80 }, { name: 'A', port: 65_536, protocol: 'x', appProtocol: 'a/b/c' }],
    },
    'subsets[0].ports[0].name: Required value',
    /^subsets\[0\]\.ports\[1\]\.name: Invalid value: "A": a lowercase RFC 1123 label/,
    'subsets[0].ports[1].port: Invalid value: 65536: must be between 1 and 65535, inclusive',
    'subsets[0].ports[1].protocol: Unsupported value: "x": supported values: "SCTP", "TCP", "UDP"',
    /^subsets\[0\]\.ports\[1\]\.appProtocol: Invalid value: "a\/b\/c": a qualified name/,
  ],
];
for (const [what, subset, ...expected] of cases) {
  test(`refused with ${what}`, endpoints, { subsets: [subset] }, ...expected);
}
const stored = updates('', 'Endpoints', { metadata, subsets: [{ addresses: [{ ip: '127.0.0.1' }] }] });
test('may keep what was accepted once', stored, { metadata: { labels: { a: 'b' } } });
