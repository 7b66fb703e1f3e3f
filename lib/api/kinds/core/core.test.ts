import test from 'ava';
import { rulesOf } from '../rules.ts';
import { created, shows, updates, validates } from '../testing.ts';

const nowMs = Date.parse('2026-01-01T01:00:00Z');
const metadata = { name: 'a', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' };

const serviceBase = { metadata, spec: { selector: { app: 'a' }, ports: [{ port: 80 }] } };
test('Service defaults are those of upstream', (t) => {
  t.deepEqual(created('', 'Service', serviceBase)['spec'], {
    selector: { app: 'a' },
    ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    type: 'ClusterIP',
    sessionAffinity: 'None',
    internalTrafficPolicy: 'Cluster',
  });
  t.like(created('', 'Service', { ...serviceBase, spec: { ...serviceBase.spec, type: 'LoadBalancer' } })['spec'], {
    externalTrafficPolicy: 'Cluster',
    allocateLoadBalancerNodePorts: true,
  });
});
const services = validates('', 'Service', serviceBase);
test('valid', services, {});
test('valid without ports if headless', services, { spec: { ports: [], clusterIP: 'None', clusterIPs: ['None'] } });
test('refused without ports', services, { spec: { ports: [] } }, 'spec.ports: Required value');
test(
  'refused with a name that ends with a hyphen',
  services,
  { metadata: { name: 'a-' } },
  /^metadata\.name: Invalid value: "a-": a lowercase RFC 1123 label must/,
);
test(
  'refused with two ports of one kind',
  services,
  {
    spec: {
      ports: [
        { name: 'a', port: 80 },
        { name: 'b', port: 80 },
      ],
    },
  },
  /^spec\.ports\[1\]: Duplicate value/,
);
test(
  'refused with two ports without names',
  services,
  { spec: { ports: [{ port: 80 }, { port: 81 }] } },
  'spec.ports[0].name: Required value',
  'spec.ports[1].name: Required value',
);
test(
  'refused with a node port for ClusterIP',
  services,
  { spec: { ports: [{ port: 80, nodePort: 30_000 }] } },
  "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
);
test(
  'refused as an external name of nothing',
  services,
  { spec: { type: 'ExternalName' } },
  'spec.externalName: Required value',
);
test(
  'refused with an unknown type',
  services,
  { spec: { type: 'x' } },
  /^spec\.type: Unsupported value: "x": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"/,
);
test(
  'may not change its address',
  updates('', 'Service', {
    ...serviceBase,
    spec: { ...serviceBase.spec, clusterIP: '10.96.0.5', clusterIPs: ['10.96.0.5'] },
  }),
  { spec: { clusterIP: '10.96.0.6', clusterIPs: ['10.96.0.6'] } },
  /^spec\.clusterIPs\[0\]: Invalid value: \["10\.96\.0\.6"\]: may not change once set/,
);
const serviceRow = shows('', 'Service', serviceBase, nowMs);
test(
  'its addresses and ports',
  serviceRow,
  {
    spec: {
      type: 'NodePort',
      clusterIP: '10.96.0.5',
      clusterIPs: ['10.96.0.5'],
      ports: [
        { port: 80, nodePort: 30_080, protocol: 'TCP' },
        { port: 53, protocol: 'UDP' },
      ],
    },
  },
  {
    Type: 'NodePort',
    'Cluster-IP': '10.96.0.5',
    'External-IP': '<none>',
    'Port(s)': '80:30080/TCP,53/UDP',
    Age: '60m',
    Selector: 'app=a',
  },
);
test('a load balancer that is to come', serviceRow, { spec: { type: 'LoadBalancer' } }, { 'External-IP': '<pending>' });

test('Namespace has its name as a label and its finalizer', (t) => {
  const object = created('', 'Namespace', { metadata: { name: 'x' } });
  t.deepEqual(object.metadata.labels, { 'kubernetes.io/metadata.name': 'x' });
  t.deepEqual(object['spec'], { finalizers: ['kubernetes'] });
  t.deepEqual(object['status'], { phase: 'Active' });
});
test('Namespace keeps its finalizers on a main update', (t) => {
  const previous = created('', 'Namespace', { metadata: { name: 'x' } });
  const next = { ...structuredClone(previous), spec: {} };
  rulesOf('', 'Namespace').prepareForUpdate(next, previous);
  t.deepEqual(next.spec, { finalizers: ['kubernetes'] });
});
test(
  'refused with dots',
  validates('', 'Namespace', { metadata: { name: 'a.b' } }),
  {},
  'metadata.name: Invalid value: "a.b": must not contain dots',
);

const maps = validates('', 'ConfigMap', { metadata, data: { a: 'x' } });
test('valid', maps, {});
test(
  'refused with a key that is no file',
  maps,
  { data: { 'a/b': 'x' } },
  /^data\[a\/b\]: Invalid value: "a\/b": a valid config key must consist of/,
);
test(
  'refused with one key twice',
  maps,
  { binaryData: { a: 'eA==' } },
  /^data\[a\]: Invalid value: "a": duplicate of key present in binaryData/,
);
test(
  'refused over 1 MiB',
  maps,
  { data: { a: 'x'.repeat(1_048_577) } },
  '[]: Too long: may not be more than 1048576 bytes',
);
const fixed = updates('', 'ConfigMap', { metadata, data: { a: 'x' }, immutable: true });
test('may change labels where it is immutable', fixed, { metadata: { labels: { a: 'b' } } });
test(
  'may not change data then',
  fixed,
  { data: { a: 'y' } },
  /^data: Forbidden: field is immutable when `immutable` is set/,
);
test('may not be made mutable again', fixed, { immutable: undefined }, /^immutable: Forbidden/);

test('Secret is opaque unless said, and takes text for data', (t) => {
  const object = created('', 'Secret', { metadata, stringData: { b: 'text' }, data: { a: 'eA==' } });
  t.is(object['type'], 'Opaque');
  t.deepEqual(object['data'], { a: 'eA==', b: 'dGV4dA==' });
  t.false('stringData' in object);
});
const secrets = validates('', 'Secret', { metadata });
test('valid', secrets, {});
test(
  'refused as a certificate without a key',
  secrets,
  { type: 'kubernetes.io/tls', data: { 'tls.crt': 'eA==' } },
  'data[tls.key]: Required value',
);
test(
  'refused as a token of nobody',
  secrets,
  { type: 'kubernetes.io/service-account-token' },
  'metadata.annotations[kubernetes.io/service-account.name]: Required value',
);
test(
  'refused as a registry login that is no JSON',
  secrets,
  { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': 'eA==' } },
  /<secret contents redacted>/,
);
test(
  'may not change its type',
  updates('', 'Secret', { metadata }),
  { type: 'x/y' },
  /^type: Invalid value: "x\/y": field is immutable/,
);
test('Secret is selected by its type', (t) => {
  t.is(rulesOf('', 'Secret').selectableFields(created('', 'Secret', { metadata }))['type'], 'Opaque');
});

const nodeBase = {
  metadata: { name: 'n', labels: { 'node-role.kubernetes.io/control-plane': '', 'kubernetes.io/role': 'x' } },
};
test('Node brings its status along', (t) => {
  t.deepEqual(created('', 'Node', { ...nodeBase, status: { phase: 'x' } })['status'], { phase: 'x' });
});
const nodeRow = shows('', 'Node', nodeBase, nowMs);
test(
  'a ready node',
  nodeRow,
  {
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
      nodeInfo: { kubeletVersion: 'v1', osImage: 'D', kernelVersion: '6', containerRuntimeVersion: 'c://1' },
    },
  },
  {
    Status: 'Ready',
    Roles: 'control-plane,x',
    Version: 'v1',
    'Internal-IP': '10.0.0.1',
    'External-IP': '<none>',
    'OS-Image': 'D',
  },
);
test(
  'a cordoned node that nobody hears of',
  nodeRow,
  { spec: { unschedulable: true }, status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } },
  { Status: 'NotReady,SchedulingDisabled' },
);
test(
  'a node without a status',
  nodeRow,
  { metadata: { labels: undefined } },
  { Status: 'Unknown', Roles: '<none>', 'OS-Image': '<unknown>' },
);
const nodes = validates('', 'Node', nodeBase);
test(
  'refused with a taint without effect',
  nodes,
  { spec: { taints: [{ key: 'a' }] } },
  'metadata.taints[0].effect: Required value',
);
test(
  'may not change its range',
  updates('', 'Node', { ...nodeBase, spec: { podCIDR: '10.244.0.0/24' } }),
  { spec: { podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24'] } },
  /^spec\.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid/,
);

const eventRow = shows(
  '',
  'Event',
  {
    metadata,
    involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
    reason: 'Started',
    message: 'ok\n',
    type: 'Normal',
  },
  nowMs,
);
test(
  'an event',
  eventRow,
  {
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:59:00Z',
    count: 3,
    source: { component: 'kubelet', host: 'n' },
  },
  {
    'Last Seen': '60s',
    'First Seen': '60m',
    Object: 'pod/p',
    Message: 'ok',
    Count: 3,
    Source: 'kubelet, n',
    Name: 'a',
  },
);
test(
  'an event of the newer kind',
  eventRow,
  { eventTime: '2026-01-01T00:59:30.000000Z', reportingComponent: 'x' },
  { 'Last Seen': '30s', Count: 1, Source: 'x' },
);

test(
  'its addresses',
  shows(
    '',
    'Endpoints',
    {
      metadata,
      subsets: [{ addresses: ['1', '2', '3', '4'].map((n) => ({ ip: `10.0.0.${n}` })), ports: [{ port: 80 }] }],
    },
    nowMs,
  ),
  {},
  { Endpoints: '10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 1 more...' },
);
test(
  'what is used',
  shows(
    '',
    'ResourceQuota',
    { metadata, status: { hard: { pods: '3', 'limits.cpu': '2' }, used: { pods: '1' } } },
    nowMs,
  ),
  {},
  { Request: 'pods: 1/3', Limit: 'limits.cpu: 0/2' },
);

test('LimitRange takes the limits for defaults', (t) => {
  const limits = [{ type: 'Container', max: { cpu: '2' }, min: { cpu: '1' } }];
  t.like(created('', 'LimitRange', { metadata, spec: { limits } })['spec'], {
    limits: [{ default: { cpu: '2' }, defaultRequest: { cpu: '2' } }],
  });
});
