// What a Service may ask for, in each mode and family: who is served, and the golden rules that do it.
import test from 'ava';
import type { ServiceSpec, ServiceStatus } from '#lib/api/types/core.v1.ts';
import type { Endpoint } from '#lib/api/types/discovery.v1.ts';
import type { Family } from '#lib/ip.ts';
import type { ProxyMode } from './backend.ts';
import { exampleEndpoint, examplePort, exampleService, exampleSlice } from './example.ts';
import { goldenText, rulesOf } from './golden.ts';
import { printRules } from './print.ts';

interface Case {
  readonly spec: Partial<ServiceSpec>;
  readonly status?: ServiceStatus;
  readonly endpoints: readonly Endpoint[];
  /** Who must be served, of all endpoints. */
  readonly serves: readonly string[];
}

const here = (ip: string, rest: Partial<Endpoint> = {}) => exampleEndpoint(ip, 'node-1', rest);
const there = (ip: string, rest: Partial<Endpoint> = {}) => exampleEndpoint(ip, 'node-2', rest);
const leaving = { conditions: { ready: false, serving: true, terminating: true } };
const gone = { conditions: { ready: false, serving: false, terminating: true } };
const unready = { conditions: { ready: false, serving: false, terminating: false } };
const balancer = { loadBalancer: { ingress: [{ ip: '192.0.2.8' }] } };
const protocols = ['TCP', 'UDP', 'SCTP'] as const;
const port = (nodePort: number) => [examplePort({ nodePort })];

const cases: Readonly<Record<string, Case>> = {
  'external-ips': {
    spec: { externalIPs: ['192.0.2.7', '192.0.2.6'] },
    endpoints: [there('10.244.1.11')],
    serves: ['10.244.1.11'],
  },
  'external-ips-local': {
    spec: { type: 'NodePort', ports: port(30012), externalIPs: ['192.0.2.5'], externalTrafficPolicy: 'Local' },
    endpoints: [here('10.244.0.12'), there('10.244.1.12')],
    serves: ['10.244.0.12', '10.244.1.12'],
  },
  'source-ranges': {
    spec: { type: 'LoadBalancer', ports: port(30013), loadBalancerSourceRanges: ['198.51.100.0/24'] },
    status: balancer,
    endpoints: [there('10.244.1.13')],
    serves: ['10.244.1.13'],
  },
  'health-check-port': {
    spec: { type: 'LoadBalancer', ports: port(30014), externalTrafficPolicy: 'Local', healthCheckNodePort: 30914 },
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.9' }] } },
    endpoints: [here('10.244.0.14')],
    serves: ['10.244.0.14'],
  },
  affinity: {
    spec: { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 90 } } },
    endpoints: [there('10.244.1.15'), there('10.244.1.16')],
    serves: ['10.244.1.15', '10.244.1.16'],
  },
  'internal-local': {
    spec: { internalTrafficPolicy: 'Local' },
    endpoints: [here('10.244.0.17'), there('10.244.1.17')],
    serves: ['10.244.0.17'],
  },
  'internal-local-elsewhere': {
    spec: { internalTrafficPolicy: 'Local' },
    endpoints: [there('10.244.1.18')],
    serves: [],
  },
  'all-leave': {
    spec: {},
    endpoints: [there('10.244.1.19', leaving), there('10.244.1.20', gone), there('10.244.1.21', unready)],
    serves: ['10.244.1.19'],
  },
  'one-leaves': {
    spec: {},
    endpoints: [here('10.244.0.22', leaving), there('10.244.1.22')],
    serves: ['10.244.1.22'],
  },
  'local-one-leaves': {
    spec: { type: 'NodePort', ports: port(30023), externalTrafficPolicy: 'Local' },
    endpoints: [here('10.244.0.23', leaving), there('10.244.1.23')],
    serves: ['10.244.0.23', '10.244.1.23'],
  },
  'three-protocols': {
    spec: { ports: protocols.map((protocol) => examplePort({ name: protocol.toLowerCase(), protocol })) },
    endpoints: [there('10.244.1.24')],
    serves: ['10.244.1.24'],
  },
  'no-endpoints': {
    spec: { type: 'LoadBalancer', ports: port(30025), externalIPs: ['192.0.2.4'] },
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.3' }] } },
    endpoints: [],
    serves: [],
  },
};

/** The same in the other family, by the addresses alone. */
function inFamily<T>(value: T, family: Family): T {
  if (family === 4) return value;
  const text = JSON.stringify(value)
    .replace(/10\.244\.(\d+)\.(\d+)/g, 'fd00:244:0:$1::$2')
    .replace(/10\.96\.(\d+)\.(\d+)/g, 'fd00:96::$1:$2')
    .replace(/192\.0\.2\.(\d+)/g, '2001:db8::$1')
    .replace(/198\.51\.100\.0\/24/g, '2001:db8:1::/64');
  return JSON.parse(text) as T;
}

function factsOf(mode: ProxyMode, family: Family) {
  const is4 = family === 4;
  const nodeIp = is4 ? '172.18.0.2' : 'fd00:18::2';
  return {
    mode,
    family,
    nodeName: 'node-1',
    serviceCidrs: [is4 ? '10.96.0.0/12' : 'fd00:96::/112'],
    clusterCidr: is4 ? '10.244.0.0/16' : 'fd00:244::/48',
    podCidr: is4 ? '10.244.0.0/24' : 'fd00:244::/64',
    nodeIps: [nodeIp],
    nodePortIps: [nodeIp],
    ownAddresses: [],
  };
}

const serves = test.macro<[ProxyMode, Family]>({
  title: (_title, mode, family) => `printRules() serves what a Service asks for: ${mode}, IPv${family}`,
  exec(t, mode, family) {
    const entries = Object.entries(inFamily(cases, family));
    const services = entries.map(([name, { spec, status = {} }], index) =>
      exampleService(name, { clusterIP: inFamily(`10.96.3.${index + 1}`, family), ...spec }, { status }),
    );
    const slices = entries.map(([name, { spec, endpoints }]) =>
      exampleSlice(name, endpoints, {
        addressType: `IPv${family}`,
        ports: (spec.ports ?? [examplePort()]).map(({ name: named, protocol }) => ({
          name: named!,
          protocol: protocol!,
          port: 8080,
        })),
      }),
    );
    const text = rulesOf(factsOf(mode, family), services, slices);
    const isServed = (ip: string) => new RegExp(`(?<![\\w.:])${ip.replaceAll('.', '\\.')}(?![\\w.])`).test(text);
    for (const [name, { endpoints, serves: expected }] of entries) {
      const served = endpoints.flatMap(({ addresses }) => addresses).filter(isServed);
      t.deepEqual(served, expected, name);
    }
    t.is(text, goldenText(`traffic-${mode}-${family}`, text));
  },
});

const answersAt = test.macro<[ProxyMode]>({
  title: (_title, mode) => `printRules() has node ports answer at the chosen addresses: ${mode}`,
  exec(t, mode) {
    const service = exampleService('web', { type: 'NodePort', ports: port(30080) });
    const facts = { ...factsOf(mode, 4), nodePortRanges: ['172.18.0.0/24'] };
    const slices = [exampleSlice('web', [there('10.244.1.5')])];
    const text = printRules({ ...facts, services: [service], endpointSlices: slices });
    const lines = text.split('\n').filter((line) => /30080|node-?port/i.test(line));
    t.is(`${lines.join('\n')}\n`, goldenText(`node-port-addresses-${mode}`, `${lines.join('\n')}\n`));
  },
});

for (const mode of ['iptables', 'ipvs', 'nftables'] as const) {
  test(answersAt, mode);
  for (const family of [4, 6] as const) test(serves, mode, family);
}
