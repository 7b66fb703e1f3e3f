// Needs a kernel with IPVS: see `npm run vagrant:proxy`.
import test from 'ava';
import { drains } from './live/drain-suite.ts';
import { changesModes } from './live/mode-suite.ts';
import { networkSuite } from './live/suite.ts';

networkSuite(test, 'ipvs');

test.serial('targets come and go under load: no request is lost, and who leaves is let run dry', async (t) => {
  await drains(t, 'ipvs');
});

test.serial('a node changes its mode: Services answer in each, and nothing of the others is left', async (t) => {
  await changesModes(t, ['ipvs', 'iptables', 'ipvs', 'nftables', 'ipvs']);
});
