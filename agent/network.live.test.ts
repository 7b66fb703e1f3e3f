import test from 'ava';
import { losesNode } from './live/loss-suite.ts';
import { servesLocalhost, servesNodePortsAt } from './live/node-ports-suite.ts';
import { networkSuite } from './live/suite.ts';

networkSuite(test, 'iptables');

test.serial('node ports answer at the addresses that were chosen, and at no others', async (t) => {
  await servesNodePortsAt(t, 'iptables');
});

test.serial(
  'node ports answer at 127.0.0.1 where they are told to, and neighbours find nothing there',
  servesLocalhost,
);

test.serial('a node is lost under load: only requests to its endpoint fail, and none once that is known', async (t) => {
  await losesNode(t, 'iptables');
});
