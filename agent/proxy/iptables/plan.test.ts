import { readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import type { Service } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { exampleEndpoint, examplePort, exampleService, exampleSlice } from '../example.ts';
import { planService } from '../plan.ts';
import { planBase } from './base.ts';
import { changesOf } from './changes.ts';
import { wasLocalhostServed } from './localhost.ts';
import { planRules } from './plan.ts';
import { render } from './render.ts';
import { Ruleset } from './ruleset.ts';

const golden = test.macro<[string, Service | undefined, readonly EndpointSlice[], (4 | 6)?]>({
  title: (_title, name) => `planRules() gives the golden rules: ${name}`,
  exec(t, name, service, slices, family = 4) {
    const ruleset = new Ruleset();
    if (service === undefined) ruleset.setBase(base);
    const clusterCidr = family === 4 ? '10.244.0.0/16' : 'fd00:244::/56';
    const facts = { clusterCidr, ownAddresses: new Set(['10.96.0.10']) };
    if (service) {
      const shared = new Map([...base.keys()].map((id) => [id, []] as const));
      ruleset.setBase(new Map());
      const ports = planService(service, slices, { nodeName: 'node-1', zone: 'zone-a' }, family);
      const { own, shared: rules } = planRules(ports, facts);
      t.true(
        [...rules.keys()].every((id) => shared.has(id)),
        'writes to base chains only',
      );
      ruleset.put('default/web', { own: new Map([...own, ...rules]), shared: new Map() });
    }
    const file = new URL(`../testdata/${name}.txt`, import.meta.url);
    const text = render(changesOf(ruleset.ids(), ruleset, new Map()));
    if (process.env['UPDATE']) writeFileSync(file, text);
    t.is(text, readFileSync(file, 'utf8'));
  },
});
const base = planBase({
  family: 4,
  serviceCidrs: ['10.96.0.0/12'],
  clusterCidr: '10.244.0.0/16',
  podCidr: '10.244.0.0/24',
  nodeIps: ['172.18.0.2', '172.18.0.3'],
});
const two = [exampleSlice('web', [exampleEndpoint('10.244.0.5', 'node-1'), exampleEndpoint('10.244.1.6')])];
const remote = [exampleSlice('web', [exampleEndpoint('10.244.1.6')])];

test(golden, 'base', undefined, []);
test('planBase() serves node ports where it is told to, and nowhere else', (t) => {
  const facts = { family: 4, serviceCidrs: [], clusterCidr: undefined, podCidr: undefined, nodeIps: [] } as const;
  const rules = planBase({ ...facts, nodePortRanges: ['172.18.0.0/24', '10.0.0.1/32'] }).get('nat KUBE-SERVICES')!;
  t.deepEqual(
    rules.map((rule) => rule.split(' ')[1]),
    ['172.18.0.0/24', '10.0.0.1/32'],
  );
});

test(golden, 'cluster-ip', exampleService('web'), two);
test('planBase() serves node ports at 127.0.0.1 only where it is told to; neighbours are kept from there in any case', (t) => {
  const facts = { family: 4, serviceCidrs: [], clusterCidr: undefined, podCidr: undefined, nodeIps: [] } as const;
  for (const isLocalhostServed of [false, true]) {
    const chains = planBase({ ...facts, isLocalhostServed });
    t.is(wasLocalhostServed(chains), isLocalhostServed);
    t.regex(chains.get('filter SKIFF-LOCALNET')!.join(), /^! -s 127\.0\.0\.0\/8 -d 127\.0\.0\.0\/8 .* -j DROP$/);
    t.false(wasLocalhostServed(planBase({ ...facts, isLocalhostServed, nodePortRanges: ['172.18.0.0/24'] })));
  }
});
test(
  golden,
  'no-endpoints',
  exampleService('web', { type: 'NodePort', ports: [examplePort({ nodePort: 30080 })] }),
  [],
);
test(golden, 'node-port', exampleService('web', { type: 'NodePort', ports: [examplePort({ nodePort: 30080 })] }), two);
test(
  golden,
  'affinity',
  exampleService('web', { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } }),
  two,
);
test(golden, 'internal-local', exampleService('web', { internalTrafficPolicy: 'Local' }), two);
test(golden, 'internal-local-elsewhere', exampleService('web', { internalTrafficPolicy: 'Local' }), remote);
const balanced = {
  type: 'LoadBalancer',
  externalTrafficPolicy: 'Local',
  healthCheckNodePort: 30999,
  externalIPs: ['192.0.2.7'],
  loadBalancerSourceRanges: ['198.51.100.0/24', 'fd00::/64'],
  ports: [examplePort({ nodePort: 30080 })],
} as const;
const status = { loadBalancer: { ingress: [{ ip: '192.0.2.8' }, { ip: '192.0.2.9', ipMode: 'Proxy' }] } };
test(golden, 'load-balancer-local', exampleService('web', balanced, { status }), two);
test(golden, 'load-balancer-local-elsewhere', exampleService('web', balanced, { status }), remote);
test(
  golden,
  'three-protocols',
  exampleService('web', {
    ports: (['TCP', 'UDP', 'SCTP'] as const).map((protocol) =>
      examplePort({ name: `a-${protocol.toLowerCase()}`, protocol }),
    ),
  }),
  [
    exampleSlice('web', [exampleEndpoint('10.244.1.6')], {
      ports: (['TCP', 'UDP', 'SCTP'] as const).map((protocol) => ({
        name: `a-${protocol.toLowerCase()}`,
        protocol,
        port: 8080,
      })),
    }),
  ],
);
test(
  golden,
  'ipv6',
  exampleService('web', {
    clusterIPs: ['10.96.1.1', 'fd00:96::1'],
    type: 'NodePort',
    ports: [examplePort({ nodePort: 30080 })],
  }),
  [...two, exampleSlice('web', [exampleEndpoint('fd00:244::5')], { name: 'web-6', addressType: 'IPv6' })],
  6,
);

test('planRules() leaves the address of cluster DNS alone until somebody has endpoints for it', (t) => {
  const facts = { clusterCidr: '10.244.0.0/16', ownAddresses: new Set(['10.96.0.10']) };
  const dns = exampleService('web', { clusterIP: '10.96.0.10' });
  const rulesWith = (slices: readonly EndpointSlice[]) =>
    planRules(planService(dns, slices, { nodeName: 'node-1' }, 4), facts);
  t.is(rulesWith([]).shared.size, 0);
  t.true(rulesWith(two).shared.has('nat KUBE-SERVICES'));
});
