import test from 'ava';
import { updates, validates } from '../testing.ts';

const base = {
  metadata: { name: 'a', namespace: 'default' },
  spec: { selector: { app: 'a' }, ports: [{ port: 80 }] },
};
const services = validates('', 'Service', base);

test('valid with a name that begins with a digit', services, { metadata: { name: '1a' } });
const ports: readonly (readonly [string, unknown, ...string[]])[] = [
  [
    'an application protocol that is no name',
    { ports: [{ port: 80, appProtocol: 'a/b/c' }] },
    "spec.ports[0].appProtocol: Invalid value: \"a/b/c\": a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
  ],
  [
    'a timeout that is none',
    { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } },
    'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be greater than 0 and less than 86400',
  ],
  [
    'addresses for an external name',
    {
      type: 'ExternalName',
      externalName: 'a.b.',
      clusterIP: '10.0.0.1',
      clusterIPs: ['10.0.0.1'],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
    },
    'spec.clusterIPs: Forbidden: may not be set for ExternalName services',
    'spec.ipFamilies: Forbidden: may not be set for ExternalName services',
    'spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services',
  ],
  [
    'an address to itself from outside',
    { externalIPs: ['0.0.0.0', '127.0.0.1'] },
    'spec.externalIPs[0]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)',
    'spec.externalIPs[1]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
  ],
];
const addresses: typeof ports = [
  ['an address without the list', { clusterIP: '10.0.0.1' }, 'spec.clusterIPs: Required value'],
  [
    'a list without the address',
    { clusterIPs: ['10.0.0.1'] },
    'spec.clusterIPs: Invalid value: ["10.0.0.1"]: must be empty when `clusterIP` is not specified',
  ],
  [
    'another address first',
    { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.2'] },
    'spec.clusterIPs: Invalid value: ["10.0.0.2"]: first value must match `clusterIP`',
  ],
  [
    'none and another one',
    { clusterIP: 'None', clusterIPs: ['None', '10.0.0.1'] },
    'spec.clusterIPs: Invalid value: ["None","10.0.0.1"]: \'None\' must be the first and only value',
  ],
  [
    'two addresses of one family',
    { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1', '10.0.0.2'] },
    'spec.clusterIPs: Invalid value: ["10.0.0.1","10.0.0.2"]: may specify no more than one IP for each IP family',
  ],
  [
    'three addresses',
    { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1', 'fd00::1', '10.0.0.2'] },
    'spec.clusterIPs: Invalid value: ["10.0.0.1","fd00::1","10.0.0.2"]: may only hold up to 2 values',
  ],
  [
    'an address of another family',
    { clusterIP: 'fd00::1', clusterIPs: ['fd00::1'], ipFamilies: ['IPv4'] },
    'spec.clusterIPs[0]: Invalid value: "fd00::1": expected an IPv4 value as indicated by `ipFamilies[0]`',
  ],
  [
    'families and a policy that are none',
    { ipFamilies: ['IPv4', 'IPv4', 'x'], ipFamilyPolicy: 'y' },
    'spec.ipFamilies[1]: Duplicate value: "IPv4"',
    'spec.ipFamilies[2]: Unsupported value: "x": supported values: "IPv4", "IPv6"',
    'spec.ipFamilyPolicy: Unsupported value: "y": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"',
  ],
];
const onlyBalanced = "Forbidden: may only be used when `type` is 'LoadBalancer'";
const traffic: typeof ports = [
  [
    'ranges for no load balancer',
    { loadBalancerSourceRanges: [' 10.0.0.0/8 '] },
    `spec.LoadBalancerSourceRanges: ${onlyBalanced}`,
  ],
  [
    'ranges that are none',
    { type: 'LoadBalancer', loadBalancerSourceRanges: ['x'] },
    'spec.LoadBalancerSourceRanges[0]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ],
  [
    'what only load balancers have',
    { allocateLoadBalancerNodePorts: true, loadBalancerClass: 'a/b', healthCheckNodePort: 30_000 },
    `spec.allocateLoadBalancerNodePorts: ${onlyBalanced}`,
    `spec.loadBalancerClass: ${onlyBalanced}`,
    "spec.healthCheckNodePort: Invalid value: 30000: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
  ],
  [
    'no port for health checks',
    { type: 'LoadBalancer', externalTrafficPolicy: 'Local' },
    'spec.healthCheckNodePort: Required value',
  ],
  [
    'an unknown distribution',
    { trafficDistribution: 'x' },
    'spec.trafficDistribution: Unsupported value: "x": supported values: "PreferClose", "PreferSameZone", "PreferSameNode"',
  ],
];
for (const [what, spec, ...expected] of [...ports, ...addresses, ...traffic]) {
  test(`refused with ${what}`, services, { spec }, ...expected);
}
test(
  'refused with two annotations that differ',
  services,
  {
    metadata: {
      annotations: {
        'service.kubernetes.io/topology-mode': 'Auto',
        'service.kubernetes.io/topology-aware-hints': 'Disabled',
      },
    },
  },
  'metadata.annotations[service.kubernetes.io/topology-mode]: Invalid value: "Auto": must match annotations[service.kubernetes.io/topology-aware-hints] when both are specified',
);
test(
  'refused with an annotation of ranges',
  services,
  { metadata: { annotations: { 'service.beta.kubernetes.io/load-balancer-source-ranges': '10.0.0.0/8' } } },
  `metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]: ${onlyBalanced}`,
);

const dual = {
  ...base,
  spec: {
    ...base.spec,
    type: 'LoadBalancer',
    clusterIP: '10.0.0.1',
    clusterIPs: ['10.0.0.1', 'fd00::1'],
    ipFamilies: ['IPv4', 'IPv6'],
    ipFamilyPolicy: 'RequireDualStack',
    externalTrafficPolicy: 'Local',
    healthCheckNodePort: 30_000,
  },
};
const changes = updates('', 'Service', dual);
const single = { clusterIPs: ['10.0.0.1'], ipFamilies: ['IPv4'] };
test('may give its second address back', changes, { spec: { ...single, ipFamilyPolicy: 'SingleStack' } });
test(
  'may not give it back if it needs two',
  changes,
  { spec: single },
  /^spec\.ipFamilyPolicy: Invalid value: "RequireDualStack": must be set to 'SingleStack' when releasing the secondary clusterIP/,
  /^spec\.ipFamilyPolicy: .* when releasing the secondary ipFamily/,
);
test(
  'may not lose its address',
  changes,
  { spec: { clusterIP: undefined, clusterIPs: undefined } },
  /^spec\.clusterIPs\[0\]: Invalid value: \[\]: primary clusterIP can not be unset/,
);
test(
  'may not change its port for health checks',
  changes,
  { spec: { healthCheckNodePort: 30_001 } },
  /^spec\.healthCheckNodePort: Forbidden: field is immutable/,
);
