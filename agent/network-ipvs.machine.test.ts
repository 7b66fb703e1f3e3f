// Needs a kernel with IPVS: see `npm run vagrant:proxy`.
import test from 'ava';
import { changesModes } from './live/mode-suite.ts';
import { networkSuite } from './live/suite.ts';

networkSuite(test, 'ipvs');

test.serial('a node changes its mode: Services answer in each, and nothing of the others is left', async (t) => {
  await changesModes(t, ['ipvs', 'iptables', 'ipvs', 'nftables', 'ipvs']);
});
