import test from 'ava';
import { networkSuite } from './live/suite.ts';

networkSuite(test, 'iptables');
