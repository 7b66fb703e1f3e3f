import test from 'ava';
import { losesNode } from './live/loss-suite.ts';
import { changesModes } from './live/mode-suite.ts';
import { servesNodePortsAt } from './live/node-ports-suite.ts';
import { networkSuite } from './live/suite.ts';

networkSuite(test, 'nftables');

test.serial('node ports answer at the addresses that were chosen, and at no others', async (t) => {
  await servesNodePortsAt(t, 'nftables');
});

test.serial('a node is lost under load: only requests to its endpoint fail, and none once that is known', async (t) => {
  await losesNode(t, 'nftables');
});

test.serial('a node changes its mode: Services answer in each, and nothing of the other is left', async (t) => {
  await changesModes(t, ['iptables', 'nftables', 'iptables']);
});
