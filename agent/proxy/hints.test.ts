// Traffic that stays near, in each mode: what the control plane writes for trafficDistribution and for topology-mode, on a node of zone-a.
import test from 'ava';
import type { ServiceSpec } from '#lib/api/types/core.v1.ts';
import type { Endpoint } from '#lib/api/types/discovery.v1.ts';
import type { ProxyMode } from './backend.ts';
import { exampleEndpoint, examplePort, exampleService, exampleSlice } from './example.ts';
import { goldenText, rulesOf } from './golden.ts';

interface Case {
  readonly spec: Partial<ServiceSpec>;
  /** Who must be served, of all endpoints. */
  readonly near: readonly string[];
  readonly endpoints: readonly Endpoint[];
}

const zone = (name: string) => ({ forZones: [{ name }] });
const both = (node: string, name: string) => ({ forNodes: [{ name: node }], ...zone(name) });
const leaving = { ready: false, serving: true, terminating: true };
const here = (ip: string, rest: Partial<Endpoint>) => exampleEndpoint(ip, 'node-1', rest);
const there = (ip: string, rest: Partial<Endpoint>) => exampleEndpoint(ip, 'node-2', rest);

const cases: Readonly<Record<string, Case>> = {
  'same-zone': {
    spec: { trafficDistribution: 'PreferSameZone' },
    endpoints: [there('10.244.1.11', { hints: zone('zone-a') }), there('10.244.1.12', { hints: zone('zone-b') })],
    near: ['10.244.1.11'],
  },
  close: {
    spec: { trafficDistribution: 'PreferClose' },
    endpoints: [here('10.244.0.21', { hints: zone('zone-a') }), there('10.244.1.22', { hints: zone('zone-b') })],
    near: ['10.244.0.21'],
  },
  'same-node': {
    spec: { trafficDistribution: 'PreferSameNode' },
    endpoints: [
      here('10.244.0.31', { hints: both('node-1', 'zone-a') }),
      there('10.244.1.32', { hints: both('node-2', 'zone-a') }),
    ],
    near: ['10.244.0.31'],
  },
  'no-such-node': {
    spec: { trafficDistribution: 'PreferSameNode' },
    endpoints: [
      there('10.244.1.41', { hints: both('node-2', 'zone-a') }),
      there('10.244.1.42', { hints: both('node-3', 'zone-b') }),
    ],
    near: ['10.244.1.41'],
  },
  'one-unhinted': {
    spec: {},
    endpoints: [there('10.244.1.51', { hints: zone('zone-a') }), there('10.244.1.52', {})],
    near: ['10.244.1.51', '10.244.1.52'],
  },
  'none-for-here': {
    spec: {},
    endpoints: [there('10.244.1.61', { hints: zone('zone-b') }), there('10.244.1.62', { hints: zone('zone-c') })],
    near: ['10.244.1.61', '10.244.1.62'],
  },
  'near-one-leaves': {
    spec: { trafficDistribution: 'PreferSameNode' },
    endpoints: [
      here('10.244.0.71', { hints: both('node-1', 'zone-a'), conditions: leaving }),
      there('10.244.1.72', { hints: both('node-2', 'zone-b') }),
    ],
    near: ['10.244.1.72'],
  },
  'from-outside': {
    spec: { trafficDistribution: 'PreferSameZone', type: 'NodePort', ports: [examplePort({ nodePort: 30081 })] },
    endpoints: [there('10.244.1.81', { hints: zone('zone-a') }), there('10.244.1.82', { hints: zone('zone-b') })],
    near: ['10.244.1.81'],
  },
  'local-anyway': {
    spec: { trafficDistribution: 'PreferSameZone', internalTrafficPolicy: 'Local' },
    endpoints: [here('10.244.0.91', { hints: zone('zone-b') }), there('10.244.1.92', { hints: zone('zone-a') })],
    near: ['10.244.0.91'],
  },
};

const facts = {
  family: 4,
  nodeName: 'node-1',
  zone: 'zone-a',
  serviceCidrs: ['10.96.0.0/12'],
  clusterCidr: '10.244.0.0/16',
  podCidr: '10.244.0.0/24',
  nodeIps: ['172.18.0.2'],
  ownAddresses: [],
  nodePortIps: ['172.18.0.2'],
} as const;

function rulesIn(mode: ProxyMode): string {
  const entries = Object.entries(cases);
  const services = entries.map(([name, { spec }], index) =>
    exampleService(name, { clusterIP: `10.96.2.${index + 1}`, ...spec }),
  );
  const slices = entries.map(([name, { endpoints }]) => exampleSlice(name, endpoints));
  return rulesOf({ ...facts, mode }, services, slices);
}

const follows = test.macro<[ProxyMode]>({
  title: (_title, mode) => `printRules() leads to who is near, by hints: ${mode}`,
  exec(t, mode) {
    const text = rulesIn(mode);
    const served = new Set(text.match(/10\.244\.\d+\.\d+/g)!.filter((ip) => !ip.endsWith('.0')));
    t.deepEqual(
      [...served].sort(),
      Object.values(cases)
        .flatMap(({ near }) => near)
        .sort(),
    );
    t.is(text, goldenText(`hints-${mode}`, text));
  },
});
for (const mode of ['iptables', 'ipvs', 'nftables'] as const) test(follows, mode);
