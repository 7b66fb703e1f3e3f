import test from 'ava';
import { layoutOf } from './layout.ts';
import { renderNodeLink, renderSwitch, renderTeardown } from './network.ts';

const options = { dataDir: '/data', nodeCount: 2, apiPort: 6443, runtimeHandlers: [] };
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
  t.true(many.bridge.length <= 15);
  t.regex(renderNodeLink(isolated, isolated.nodes[1]!), /10\.89\.0\.12\/24/);
});

test('a lab has at least one node, and no more than its segment holds', (t) => {
  t.throws(() => layoutOf({ ...options, nodeCount: 0, isolated: true }, 'abcd'), { instanceOf: RangeError });
  t.throws(() => layoutOf({ ...options, nodeCount: 101, isolated: true }, 'abcd'), { instanceOf: RangeError });
});
