// Needs a kernel with IPVS: see `npm run vagrant:proxy`.
import test from 'ava';
import { networkSuite } from './live/suite.ts';

networkSuite(test, 'ipvs');
