import test from 'ava';
import { exampleEndpoint, exampleService, exampleSlice } from './example.ts';
import { printRules } from './print.ts';

const facts = {
  family: 4,
  nodeName: 'node-1',
  serviceCidrs: ['10.96.0.0/12'],
  clusterCidr: '10.244.0.0/16',
  podCidr: '10.244.0.0/24',
  nodeIps: ['172.18.0.2'],
  ownAddresses: ['10.96.0.10'],
  nodePortIps: ['172.18.0.2'],
  services: [exampleService('web'), exampleService('dns', { clusterIP: '10.96.0.10' })],
  endpointSlices: [exampleSlice('web', [exampleEndpoint('10.244.0.5')])],
} as const;

test('printRules() shows all that iptables-restore would be given', (t) => {
  const text = printRules({ ...facts, mode: 'iptables' });
  t.regex(text, /-A KUBE-SERVICES -d 10\.96\.1\.1\/32 -p tcp .* -j KUBE-SVC-/);
  t.regex(text, /-I PREROUTING .* -j KUBE-SERVICES/);
  t.notRegex(text, /10\.96\.0\.10/);
});

test('printRules() shows all that nft would be given', (t) => {
  const text = printRules({ ...facts, mode: 'nftables' });
  t.regex(text, /^add table ip kube-proxy\n/);
  t.regex(text, /add element ip kube-proxy service-ips { 10\.96\.1\.1 \. tcp \. 80 : goto balance-1 }/);
});
