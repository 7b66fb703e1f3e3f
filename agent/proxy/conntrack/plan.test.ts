import test from 'ava';
import { exampleEndpoint, examplePort, exampleService, exampleSlice } from '../example.ts';
import { planService } from '../plan.ts';
import { parseFlows } from './flows.ts';
import { type Flow, planForget } from './plan.ts';

const service = exampleService('dns', {
  type: 'NodePort',
  ports: [examplePort({ name: 'dns', protocol: 'UDP', port: 53, nodePort: 30053 })],
});
const slice = exampleSlice('dns', [exampleEndpoint('10.244.0.5')], {
  ports: [{ name: 'dns', protocol: 'UDP', port: 5353 }],
});
const right: Flow = {
  source: '10.244.0.9',
  sourcePort: 40000,
  destination: '10.96.1.1',
  destinationPort: 53,
  replySource: '10.244.0.5',
  replySourcePort: 5353,
};

const forgets = test.macro<[string, Partial<Flow>, boolean]>({
  title: (_title, what, _flow, expected) => `planForget() ${expected ? 'forgets' : 'keeps'} ${what}`,
  exec(t, _what, flow, expected) {
    const ports = planService(service, [slice], { nodeName: 'node-1' }, 4);
    t.is(planForget([{ ...right, ...flow }], ports, new Set(['172.18.0.2'])).length === 1, expected);
  },
});
test(forgets, 'a flow to a target', {}, false);
test(forgets, 'a flow to a former target', { replySource: '10.244.0.6' }, true);
test(forgets, 'a flow to another port of a target', { replySourcePort: 53 }, true);
test(forgets, 'a flow that was never translated', { replySource: '10.96.1.1', replySourcePort: 53 }, true);
test(forgets, 'a flow to another address', { destination: '10.244.0.77', replySource: '10.244.0.77' }, false);
const nodePort = { destination: '172.18.0.2', destinationPort: 30053 };
test(forgets, 'a flow through the node port', nodePort, false);
test(forgets, 'a flow through the node port to a former target', { ...nodePort, replySource: '10.244.0.6' }, true);
const elsewhere = {
  destination: '192.0.2.1',
  destinationPort: 30053,
  replySource: '192.0.2.1',
  replySourcePort: 30053,
};
test(forgets, 'a flow to that port of somebody else', elsewhere, false);

test('parseFlows() reads what conntrack lists', (t) => {
  const text = [
    'udp      17 28 src=10.244.0.9 dst=10.96.1.1 sport=40000 dport=53 [UNREPLIED] src=10.244.0.5 dst=10.244.0.9 sport=5353 dport=40000 mark=0 use=1',
    'conntrack v1.4.7 (conntrack-tools): 1 flow entries have been shown.',
    '',
  ].join('\n');
  t.deepEqual(parseFlows(text), [right]);
});
