// Tests of the kinds of policy, network, storage and the cluster.
import test from 'ava';
import { rulesOf } from '../rules.ts';
import { created, shows, updates, validates } from '../testing.ts';

const nowMs = Date.parse('2026-01-01T01:00:00Z');
const metadata = { name: 'a', namespace: 'default' };
const group = 'rbac.authorization.k8s.io';

const binding = {
  metadata: { ...metadata, name: 'system:x' },
  roleRef: { kind: 'Role', name: 'r' },
  subjects: [
    { kind: 'User', name: 'u' },
    { kind: 'ServiceAccount', name: 's', namespace: 'n' },
  ],
};
test('RoleBinding fills in the groups of what it names', (t) => {
  const object = created(group, 'RoleBinding', binding);
  t.like(object['roleRef'], { apiGroup: group });
  t.deepEqual(object['subjects'], [
    { kind: 'User', name: 'u', apiGroup: group },
    { kind: 'ServiceAccount', name: 's', namespace: 'n' },
  ]);
});
const bindings = validates(group, 'RoleBinding', binding);
test('valid', bindings, {});
test(
  'refused with an unknown subject',
  bindings,
  { subjects: [{ kind: 'x', name: 'u' }] },
  /^subjects\[0\]\.kind: Unsupported value: "x": supported values: "Group", "ServiceAccount", "User"/,
);
test(
  'may not change its role',
  updates(group, 'RoleBinding', binding),
  { roleRef: { name: 'other' } },
  /^roleRef: Invalid value: .*: cannot change roleRef/,
);
test(
  'whom it binds',
  shows(group, 'RoleBinding', binding, nowMs),
  {},
  { Role: 'Role/r', Users: 'u', Groups: '', ServiceAccounts: 'n/s' },
);
const roles = validates(group, 'ClusterRole', {
  metadata: { name: 'system:x' },
  rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
});
test('valid', roles, {});
test(
  'refused with a rule of no verbs',
  roles,
  { rules: [{ verbs: [], apiGroups: [''], resources: ['x'] }] },
  'rules[0].verbs: Required value: verbs must contain at least one value',
);

const slice = { metadata, addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'] }], ports: [{ port: 80 }] };
const slices = validates('discovery.k8s.io', 'EndpointSlice', slice);
test('valid', slices, {});
test(
  'refused with an address of another family',
  slices,
  { endpoints: [{ addresses: ['::1'] }] },
  'endpoints[0].addresses[0]: Invalid value: "::1": must be an IPv4 address',
  'endpoints[0].addresses[0]: Invalid value: "::1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
);
test('refused with an unknown type', slices, { addressType: 'x' }, /^addressType: Unsupported value: "x"/);
test(
  'may not change its type',
  updates('discovery.k8s.io', 'EndpointSlice', slice),
  { addressType: 'IPv6', endpoints: [] },
  /^addressType: Invalid value: "IPv6": field is immutable/,
);
test(
  'ports and endpoints',
  shows('discovery.k8s.io', 'EndpointSlice', slice, nowMs),
  { endpoints: ['1', '2', '3', '4', '5'].map((n) => ({ addresses: [`10.0.0.${n}`] })) },
  { AddressType: 'IPv4', Ports: '80', Endpoints: '10.0.0.1,10.0.0.2,10.0.0.3 + 2 more...' },
);
test(
  'that it is empty',
  shows('discovery.k8s.io', 'EndpointSlice', { metadata, addressType: 'IPv4' }, nowMs),
  {},
  { Ports: '<unset>', Endpoints: '<unset>' },
);

const policy = { metadata, spec: { podSelector: {} } };
test('NetworkPolicy is of ingress, and of egress where it speaks of it', (t) => {
  t.like(created('networking.k8s.io', 'NetworkPolicy', policy)['spec'], { policyTypes: ['Ingress'] });
  t.like(created('networking.k8s.io', 'NetworkPolicy', { metadata, spec: { podSelector: {}, egress: [{}] } })['spec'], {
    policyTypes: ['Ingress', 'Egress'],
  });
});
test(
  'refused with a range that is none',
  validates('networking.k8s.io', 'NetworkPolicy', policy),
  { spec: { ingress: [{ from: [{ ipBlock: { cidr: 'x' } }] }] } },
  /^spec\.ingress\[0\]\.from\[0\]\.ipBlock\.cidr: Invalid value: "x": must be a valid CIDR value/,
);

const ingress = {
  metadata,
  spec: {
    rules: [
      {
        host: 'a.b',
        http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 's', port: { number: 80 } } } }] },
      },
    ],
  },
};
test('valid', validates('networking.k8s.io', 'Ingress', ingress), {});
test(
  'hosts',
  shows('networking.k8s.io', 'Ingress', ingress, nowMs),
  { spec: { tls: [{}] } },
  { Class: '<none>', Hosts: 'a.b', Address: '', Ports: '80, 443' },
);

const claim = { metadata, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };
test('valid', validates('', 'PersistentVolumeClaim', claim), {});
test(
  'refused without a size',
  validates('', 'PersistentVolumeClaim', claim),
  { spec: { resources: undefined } },
  'spec.resources[storage]: Required value',
);
test(
  'may not change its class',
  updates('', 'PersistentVolumeClaim', { ...claim, spec: { ...claim.spec, storageClassName: 'x' } }),
  { spec: { storageClassName: 'y' } },
  /^spec: Forbidden: spec is immutable after creation/,
);
test(
  'a bound claim',
  shows('', 'PersistentVolumeClaim', claim, nowMs),
  {
    spec: { volumeName: 'v', volumeMode: 'Filesystem' },
    status: { phase: 'Bound', capacity: { storage: '2Gi' }, accessModes: ['ReadWriteOnce', 'ReadOnlyMany'] },
  },
  { Status: 'Bound', Volume: 'v', Capacity: '2Gi', 'Access Modes': 'RWO,ROX', VolumeMode: 'Filesystem' },
);
const volume = {
  metadata: { name: 'v' },
  spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } },
};
test('valid', validates('', 'PersistentVolume', volume), {});
test(
  'refused without a source',
  validates('', 'PersistentVolume', volume),
  { spec: { hostPath: undefined } },
  'spec: Required value: must specify a volume type',
);
test(
  'may not change its source',
  updates('', 'PersistentVolume', volume),
  { spec: { hostPath: { path: '/y' } } },
  /^spec\.persistentvolumesource: Forbidden: spec\.persistentvolumesource is immutable after creation/,
);

test(
  'that it is the default',
  shows(
    'storage.k8s.io',
    'StorageClass',
    {
      metadata: { name: 'x', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: 'p',
    },
    nowMs,
  ),
  {},
  { Name: 'x (default)', ReclaimPolicy: 'Delete', AllowVolumeExpansion: false },
);

const scaler = {
  apiVersion: 'autoscaling/v2',
  metadata,
  spec: { scaleTargetRef: { kind: 'Deployment', name: 'd' }, maxReplicas: 5 },
};
test('valid', validates('autoscaling', 'HorizontalPodAutoscaler', scaler), {});
test(
  'refused with fewer at most than at least',
  validates('autoscaling', 'HorizontalPodAutoscaler', scaler),
  { spec: { minReplicas: 6 } },
  'spec.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`',
);
test(
  'targets',
  shows('autoscaling', 'HorizontalPodAutoscaler', scaler, nowMs),
  {
    spec: {
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
      ],
    },
    status: { currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 20 } } }] },
  },
  { Reference: 'Deployment/d', Targets: 'cpu: 20%/80%' },
);

test(
  'refused with both bounds',
  validates('policy', 'PodDisruptionBudget', { metadata, spec: { minAvailable: 1, maxUnavailable: '10%' } }),
  {},
  /minAvailable and maxUnavailable cannot be both set/,
);
test(
  'its bounds',
  shows(
    'policy',
    'PodDisruptionBudget',
    { metadata, spec: { minAvailable: 1 }, status: { disruptionsAllowed: 2 } },
    nowMs,
  ),
  {},
  { 'Min Available': '1', 'Max Unavailable': 'N/A', 'Allowed Disruptions': 2 },
);
test(
  'refused with a name of the system',
  validates('scheduling.k8s.io', 'PriorityClass', { metadata: { name: 'system-x' }, value: 1 }),
  {},
  /^metadata\.name: Forbidden: priority class names with 'system-' prefix/,
);
test(
  'may not change its value',
  updates('scheduling.k8s.io', 'PriorityClass', { metadata: { name: 'x' }, value: 1 }),
  { value: 2 },
  /^value: Forbidden: may not be changed in an update\./,
);

const crd = {
  metadata: { name: 'foos.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'foos', kind: 'Foo' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
};
test('valid', validates('apiextensions.k8s.io', 'CustomResourceDefinition', crd), {});
test(
  'refused with another name',
  validates('apiextensions.k8s.io', 'CustomResourceDefinition', crd),
  { metadata: { name: 'x' } },
  'metadata.name: Invalid value: "x": must be spec.names.plural+"."+spec.group',
);
test('CustomResourceDefinition derives its names and remembers its versions', (t) => {
  const object = created('apiextensions.k8s.io', 'CustomResourceDefinition', crd);
  t.like(object['spec'], { names: { singular: 'foo', listKind: 'FooList' }, conversion: { strategy: 'None' } });
  t.like(object['status'], { storedVersions: ['v1'] });
});

test('CertificateSigningRequest says who asked', (t) => {
  const object = {
    metadata: { name: 'a' },
    spec: { request: 'eA==', signerName: 'a.b/c', usages: ['client auth'], username: 'forged', uid: 'forged' },
  };
  rulesOf('certificates.k8s.io', 'CertificateSigningRequest').prepareForCreate(object, {
    user: { name: 'ann', groups: ['g'] },
  });
  t.like(object.spec, { username: 'ann', groups: ['g'], uid: undefined });
});
