import test from 'ava';
import type { Exec } from '#lib/exec.ts';
import { exampleEndpoint, examplePort, exampleService, exampleSlice } from '../example.ts';
import { planService } from '../plan.ts';
import { forgetFlows, parseFlows } from './flows.ts';
import { type Flow, planForget } from './plan.ts';

const service = exampleService('dns', {
  type: 'NodePort',
  ports: [examplePort({ name: 'dns', protocol: 'UDP', port: 53, nodePort: 30053 })],
});
const leaving = { conditions: { ready: false, serving: true, terminating: true } };
const gone = { conditions: { ready: false, serving: false, terminating: true } };
const endpoints = [
  exampleEndpoint('10.244.0.5'),
  exampleEndpoint('10.244.0.7', 'node-2', leaving),
  exampleEndpoint('10.244.0.8', 'node-2', gone),
];
const slice = exampleSlice('dns', endpoints, {
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

const facts = { nodeIps: new Set(['172.18.0.2']), ownAddresses: new Set(['10.96.0.10']) };

const forgets = test.macro<[string, Partial<Flow>, boolean]>({
  title: (_title, what, _flow, expected) => `planForget() ${expected ? 'forgets' : 'keeps'} ${what}`,
  exec(t, _what, flow, expected) {
    const ports = planService(service, [slice], { nodeName: 'node-1' }, 4);
    t.is(planForget([{ ...right, ...flow }], ports, facts).length === 1, expected);
  },
});
test(forgets, 'a flow to a target', {}, false);
test(forgets, 'a flow to a former target', { replySource: '10.244.0.6' }, true);
test(forgets, 'a flow to one that leaves but serves', { replySource: '10.244.0.7' }, false);
test(forgets, 'a flow to one that leaves and serves no more', { replySource: '10.244.0.8' }, true);
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

const forgetsOwn = test.macro<[string, readonly string[], string, boolean]>({
  title: (_title, what, _ips, _replySource, expected) => `planForget() ${expected ? 'forgets' : 'keeps'} ${what}`,
  exec(t, _what, ips, replySource, expected) {
    const dns = exampleService('dns', {
      clusterIP: '10.96.0.10',
      ports: [examplePort({ name: 'dns', protocol: 'UDP', port: 53 })],
    });
    const slices = [
      exampleSlice(
        'dns',
        ips.map((ip) => exampleEndpoint(ip)),
        { ports: slice.ports },
      ),
    ];
    const ports = planService(dns, slices, { nodeName: 'node-1' }, 4);
    const flow = { ...right, destination: '10.96.0.10', replySource, replySourcePort: 53 };
    t.is(planForget([flow], ports, facts).length === 1, expected);
  },
});
test(forgetsOwn, 'a flow to cluster DNS of the node itself', [], '10.96.0.10', false);
test(forgetsOwn, 'a flow to one who served it before', [], '10.244.0.5', true);
test(forgetsOwn, 'a flow to the node itself, now that others serve it', ['10.244.0.5'], '10.96.0.10', true);

test('forgetFlows() takes all flows to one former target at once', async (t) => {
  const calls: string[] = [];
  const exec = (async (file: string, args: readonly string[]) => {
    calls.push([file, ...args].join(' '));
    return { stdout: '', stderr: '', exitCode: 0 };
  }) as unknown as Exec;
  const flows = [40_000, 40_001, 40_002].map((sourcePort) => ({ ...right, sourcePort }));
  await forgetFlows([...flows, { ...right, replySource: '10.244.0.6' }], 4, exec, new AbortController().signal);
  const front = 'conntrack -D -f ipv4 -p udp --orig-dst 10.96.1.1 --orig-port-dst 53';
  t.deepEqual(calls, [
    `${front} --reply-src 10.244.0.5 --reply-port-src 5353`,
    `${front} --reply-src 10.244.0.6 --reply-port-src 5353`,
  ]);
});

test('parseFlows() reads what conntrack lists', (t) => {
  const text = [
    'udp      17 28 src=10.244.0.9 dst=10.96.1.1 sport=40000 dport=53 [UNREPLIED] src=10.244.0.5 dst=10.244.0.9 sport=5353 dport=40000 mark=0 use=1',
    'conntrack v1.4.7 (conntrack-tools): 1 flow entries have been shown.',
    '',
  ].join('\n');
  t.deepEqual(parseFlows(text), [right]);
});
