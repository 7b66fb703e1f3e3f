import test from 'ava';
import { layoutOf } from './layout.ts';
import { renderNodeLink, renderSwitch, renderTeardown } from './network.ts';

const options = {
  dataDir: '/data',
  nodeCount: 2,
  apiPort: 6443,
  segmentCount: 1,
  dualStack: false,
  runtimeHandlers: [],
};
const isolated = layoutOf({ ...options, isolated: true }, 'abcd');
const open = layoutOf({ ...options, isolated: false }, 'abcd');

test('an isolated lab touches nothing of the host: its bridge is in a namespace, with no way on', (t) => {
  const text = renderSwitch(isolated);
  t.regex(text, /ip netns exec skiff-abcd-switch/);
  t.regex(text, /unreachable default/);
  t.notRegex(text, /iptables/);
});

test("a lab with a way out rejects its own ranges at the border, and takes the host's settings back", (t) => {
  const text = renderSwitch(open);
  for (const range of ['10.244.0.0/16', '10.96.0.0/12']) t.true(text.includes(`-d ${range} -j REJECT`));
  t.true(renderTeardown(open).includes('cat /data/ip_forward >/proc/sys/net/ipv4/ip_forward'));
});

test('names of links are short enough for the kernel', (t) => {
  const many = layoutOf({ ...options, nodeCount: 100, isolated: true }, 'abcd');
  for (const node of many.nodes) t.true(node.link.length <= 15);
  for (const { bridge } of layoutOf({ ...options, segmentCount: 8, isolated: true }, 'abcd').segments)
    t.true(bridge.length <= 15);
  t.regex(renderNodeLink(isolated, isolated.nodes[1]!), /10\.89\.0\.12\/24/);
});

test('a lab has at least one node, and no more than its segment holds', (t) => {
  t.throws(() => layoutOf({ ...options, nodeCount: 0, isolated: true }, 'abcd'), { instanceOf: RangeError });
  t.throws(() => layoutOf({ ...options, nodeCount: 101, isolated: true }, 'abcd'), { instanceOf: RangeError });
});

test('nodes take turns on the segments, and have addresses of both families where that was asked for', (t) => {
  const lab = layoutOf({ ...options, nodeCount: 3, segmentCount: 2, dualStack: true, isolated: true }, 'abcd');
  t.deepEqual(
    lab.nodes.map(({ ips }) => ips),
    [
      ['10.89.0.11', 'fd00:89:0:1::11'],
      ['10.89.1.12', 'fd00:89:0:2::12'],
      ['10.89.0.13', 'fd00:89:0:1::13'],
    ],
  );
  t.regex(renderNodeLink(lab, lab.nodes[1]!), /master skabcd-br2 up[\s\S]*default via 10\.89\.1\.1\n/);
});

test('several segments are for an isolated lab alone', (t) => {
  t.throws(() => layoutOf({ ...options, segmentCount: 2, isolated: false }, 'abcd'), { instanceOf: RangeError });
});
