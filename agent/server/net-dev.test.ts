import test from 'ava';
import { defaultInterface, readNetDev } from './net-dev.ts';

const dev = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 100 1 0 0 0 0 0 0 100 1 0 0 0 0 0 0
  eth0: 2000 20 3 0 0 0 0 0 4000 40 5 0 0 0 0 0
veth1:7 1 0 0 0 0 0 0 8 1 0 0 0 0 0 0
`;

test('readNetDev() reads what came and went, and leaves the loopback out', (t) => {
  t.deepEqual(readNetDev(dev), [
    { name: 'eth0', rxBytes: 2000, rxErrors: 3, txBytes: 4000, txErrors: 5 },
    { name: 'veth1', rxBytes: 7, rxErrors: 0, txBytes: 8, txErrors: 0 },
  ]);
});

test('defaultInterface() finds the one that leads everywhere', (t) => {
  const head = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT';
  const row = (name: string, to: string, mask: string) => `${name}\t${to}\t0100A8C0\t0003\t0\t0\t0\t${mask}\t0\t0\t0`;
  t.is(
    defaultInterface([head, row('eth1', '0000A8C0', '00FFFFFF'), row('eth0', '00000000', '00000000')].join('\n')),
    'eth0',
  );
  t.is(defaultInterface(head), undefined);
});
