// What may not be written into a status, kind by kind: as upstream's own tests of validation have it.
import test from 'ava';
import type { KubeObject } from '../resource.ts';
import { rulesOf } from './rules.ts';

type Says = readonly string[];

const refuses = test.macro<[string, object, object, Says, object?]>({
  title: (title, of) => `the status of ${of} ${title}`,
  exec(t, of, old, next, expected, rest = {}) {
    const rules = rulesOf(...kindOf(of));
    const object = (status: object) =>
      ({ metadata: { name: 'a', namespace: 'b', resourceVersion: '1' }, spec: {}, ...rest, status }) as KubeObject;
    const causes = rules.validateStatusUpdate(object(next), object(old), 0);
    t.deepEqual(
      causes.map(({ field, message }) => `${field}: ${message}`),
      expected,
    );
  },
});

function kindOf(text: string): [string, string] {
  const [kind = '', group = ''] = text.split(' ');
  return [group === 'core' ? '' : group, kind];
}

const negative = 'must be greater than or equal to 0';
const deployment = 'Deployment apps';
test('may be right', refuses, deployment, {}, { replicas: 3, readyReplicas: 2, availableReplicas: 1 }, []);
test('is not below zero', refuses, deployment, {}, { unavailableReplicas: -1, observedGeneration: -1 }, [
  `status.observedGeneration: Invalid value: -1: ${negative}`,
  `status.unavailableReplicas: Invalid value: -1: ${negative}`,
]);
test('has no more updated than there are', refuses, deployment, {}, { replicas: 1, updatedReplicas: 2 }, [
  'status.updatedReplicas: Invalid value: 2: cannot be greater than status.replicas',
]);
test(
  'has no more available than ready',
  refuses,
  deployment,
  {},
  { replicas: 2, readyReplicas: 1, availableReplicas: 2 },
  ['status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas'],
);
test('counts collisions up', refuses, deployment, { collisionCount: 2 }, { collisionCount: 1 }, [
  'status.collisionCount: Invalid value: 1: cannot be decremented',
]);
for (const kind of ['ReplicaSet apps', 'ReplicationController core']) {
  test('has no more ready than there are', refuses, kind, {}, { replicas: 1, readyReplicas: 2 }, [
    'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
  ]);
  test('has no more labeled than there are', refuses, kind, {}, { replicas: 1, fullyLabeledReplicas: 2 }, [
    'status.fullyLabeledReplicas: Invalid value: 2: cannot be greater than status.replicas',
  ]);
}
test('has no more current than there are', refuses, 'StatefulSet apps', {}, { replicas: 1, currentReplicas: 2 }, [
  'status.currentReplicas: Invalid value: 2: cannot be greater than status.replicas',
]);
test('is not below zero', refuses, 'DaemonSet apps', {}, { numberAvailable: -1, numberUnavailable: -1 }, [
  `status.numberAvailable: Invalid value: -1: ${negative}`,
  `status.numberUnavailable: Invalid value: -1: ${negative}`,
]);
test('is not below zero', refuses, 'PodDisruptionBudget policy', {}, { expectedPods: -1 }, [
  `status.expectedPods: Invalid value: -1: ${negative}`,
]);
test('is not below zero', refuses, 'HorizontalPodAutoscaler autoscaling', {}, { desiredReplicas: -1 }, [
  `status.desiredReplicas: Invalid value: -1: ${negative}`,
]);

const namespace = 'Namespace core';
test('is active', refuses, namespace, {}, { phase: 'Active' }, []);
test('ends only when deleted', refuses, namespace, {}, { phase: 'Terminating' }, [
  'status.Phase: Invalid value: "Terminating": may only be \'Active\' if `deletionTimestamp` is empty',
]);
const deleted = { metadata: { name: 'a', resourceVersion: '1', deletionTimestamp: '2026-01-01T00:00:00Z' } };
test(
  'does not come back',
  refuses,
  namespace,
  {},
  { phase: 'Active' },
  ['status.Phase: Invalid value: "Active": may only be \'Terminating\' if `deletionTimestamp` is not empty'],
  deleted,
);

const reach = (...ingress: readonly object[]) => ({ loadBalancer: { ingress } });
const balanced = { spec: { type: 'LoadBalancer' } };
const list = 'status.loadBalancer.ingress';
test(
  'has addresses',
  refuses,
  'Service core',
  {},
  reach({ ip: '10.0.0.1', ipMode: 'VIP' }, { hostname: 'a.b' }),
  [],
  balanced,
);
test(
  'has addresses only with a load balancer',
  refuses,
  'Service core',
  {},
  reach({ ip: '10.0.0.1', ipMode: 'VIP' }),
  [`${list}: Forbidden: may only be used when \`spec.type\` is 'LoadBalancer'`],
  { spec: { type: 'ClusterIP' } },
);
test(
  'says how an address is reached',
  refuses,
  'Service core',
  {},
  reach({ ip: '10.0.0.1' }, { hostname: 'a', ipMode: 'VIP' }, { ip: '10.0.0.2', ipMode: 'x' }),
  [
    `${list}[0].ipMode: Required value: must be specified when \`ip\` is set`,
    `${list}[1].ipMode: Forbidden: may not be specified when \`ip\` is not set`,
    `${list}[2].ipMode: Unsupported value: "x": supported values: "Proxy", "VIP"`,
  ],
  balanced,
);
for (const kind of ['Service core', 'Ingress networking.k8s.io']) {
  const mode = kind.startsWith('Service') ? { ipMode: 'VIP' } : {};
  test(
    'has names that are no addresses',
    refuses,
    kind,
    {},
    reach({ hostname: '10.0.0.1' }, { ip: '300.1.1.1', ...mode }),
    [
      `${list}[0].hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address`,
      `${list}[1].ip: Invalid value: "300.1.1.1": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)`,
    ],
    balanced,
  );
}

const pod = 'Pod core';
const never = { spec: { restartPolicy: 'Never', containers: [{ name: 'c' }] } };
const ended = (exitCode: number) => ({ containerStatuses: [{ name: 'c', state: { terminated: { exitCode } } }] });
const running = { containerStatuses: [{ name: 'c', state: { running: {} } }] };
const back = 'status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state';
test('does not bring back what ended', refuses, pod, ended(1), running, [back], never);
test('does not bring back what succeeded', refuses, pod, ended(0), running, [back], {
  spec: { ...never.spec, restartPolicy: 'OnFailure' },
});
test('brings back what failed', refuses, pod, ended(1), running, [], {
  spec: { ...never.spec, restartPolicy: 'OnFailure' },
});
test('brings back what always runs', refuses, pod, ended(0), running, [], { spec: { containers: [{ name: 'c' }] } });
const own = { name: 'c', restartPolicy: 'Always' };
test('goes by the policy of the container', refuses, pod, ended(0), running, [], {
  spec: { ...never.spec, containers: [own] },
});
const rules = [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }];
test('goes by rules of the container', refuses, pod, ended(1), running, [], {
  spec: { ...never.spec, containers: [{ name: 'c', restartPolicyRules: rules }] },
});
test('goes by rules that fit', refuses, pod, ended(2), running, [back], {
  spec: { ...never.spec, containers: [{ name: 'c', restartPolicyRules: rules, restartPolicy: 'Never' }] },
});
test(
  'does not bring back what ended before its start',
  refuses,
  pod,
  { initContainerStatuses: ended(0).containerStatuses },
  { initContainerStatuses: running.containerStatuses },
  ['status.initContainerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state'],
  { spec: { ...never.spec, containers: [{ name: 'd' }], initContainers: [{ name: 'c' }] } },
);
test(
  'does not bring back what was ephemeral',
  refuses,
  pod,
  { ephemeralContainerStatuses: ended(0).containerStatuses },
  { ephemeralContainerStatuses: running.containerStatuses },
  ['status.ephemeralContainerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state'],
);
test('keeps the class of service', refuses, pod, { qosClass: 'Guaranteed' }, { qosClass: 'BestEffort' }, [
  'status.qosClass: Invalid value: "BestEffort": field is immutable',
]);
test('has conditions with names', refuses, pod, {}, { conditions: [{ type: 'Ready' }, { type: 'a b' }] }, [
  "status.conditions[1].Type: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
]);
test('has one address of each family', refuses, pod, {}, { podIPs: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }] }, [
  'status.podIPs: Invalid value: [{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}]: may specify no more than one IP for each IP family',
]);
test('has addresses of both families', refuses, pod, {}, { podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] }, []);
test('has addresses', refuses, pod, {}, { podIPs: [{ ip: 'x' }] }, [
  'status.podIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
]);
test('has its host first', refuses, pod, {}, { hostIP: '10.0.0.1', hostIPs: [{ ip: '10.0.0.2' }] }, [
  'status.hostIPs[0].ip: Invalid value: "10.0.0.2": must be equal to `hostIP`',
]);
test('names claims of the pod', refuses, pod, {}, { resourceClaimStatuses: [{ name: 'x' }] }, [
  'status.resourceClaimStatuses[0].name: Invalid value: "x": must match the name of an entry in `spec.resourceClaims`',
]);

test('knows no generation below zero', refuses, pod, {}, { observedGeneration: -1 }, [
  'status.observedGeneration: Invalid value: -1: must be a non-negative integer',
]);
test(
  'is nominated for no node beside its own',
  refuses,
  pod,
  {},
  { nominatedNodeName: 'b' },
  ['status.nominatedNodeName: Forbidden: may not be set on pods that are already bound to a node'],
  { spec: { nodeName: 'a', containers: [] } },
);
const withStatus = (more: object) => ({ containerStatuses: [{ name: 'c', ...more }] });
test(
  'runs as somebody',
  refuses,
  pod,
  {},
  withStatus({ user: { linux: { uid: -1, gid: 0, supplementalGroups: [-2] } } }),
  [
    'status.containerStatuses[0].user.linux.uid: Invalid value: -1: must be between 0 and 2147483647, inclusive',
    'status.containerStatuses[0].user.linux.supplementalGroups[0]: Invalid value: -2: must be between 0 and 2147483647, inclusive',
  ],
);
const device = { resourceID: 'a', health: 'Healthy' };
test(
  'tells the health of its devices',
  refuses,
  pod,
  {},
  withStatus({
    allocatedResourcesStatus: [
      { name: 'a.b/c', resources: [device, { ...device, health: 'Fine', message: '' }] },
      { name: 'claim:x', resources: [] },
    ],
  }),
  [
    'status.containerStatuses[0].allocatedResourcesStatus[0].name: Invalid value: "a.b/c": must match one of the container\'s resource requests',
    'status.containerStatuses[0].allocatedResourcesStatus[0].resources[1].health: Unsupported value: "Fine": supported values: "Healthy", "Unhealthy", "Unknown"',
    'status.containerStatuses[0].allocatedResourcesStatus[0].resources[1].message: Required value: must be non-empty if specified',
    'status.containerStatuses[0].allocatedResourcesStatus[0].resources[1].resourceID: Duplicate value: "a"',
    "status.containerStatuses[0].allocatedResourcesStatus[1].name: Invalid value: \"claim:x\": must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty",
  ],
  { spec: { containers: [{ name: 'c' }] } },
);
test(
  'tells of claims for extended resources that it has',
  refuses,
  pod,
  {},
  {
    extendedResourceClaimStatus: {
      requestMappings: [
        { containerName: 'c', resourceName: 'a.b/c', requestName: 'r' },
        { containerName: 'd', resourceName: 'e', requestName: 'f' },
      ],
    },
  },
  [
    'status.extendedResourceClaimStatus.requestMappings[0].resourceName: Invalid value: "a.b/c": must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests',
    'status.extendedResourceClaimStatus.requestMappings[1].containerName: Invalid value: "d": must match the name of an entry in spec.initContainers.name or spec.containers.name',
    'status.extendedResourceClaimStatus.resourceClaimName: Required value',
  ],
  { spec: { containers: [{ name: 'c' }] } },
);

const request = 'CertificateSigningRequest certificates.k8s.io';
const is = (type: string, status = 'True') => ({ type, status });
test('is not approved by who signs', refuses, request, {}, { conditions: [is('Approved')] }, [
  'status.conditions: Forbidden: updates may not add a condition of type "Approved"',
]);
test('stays denied', refuses, request, { conditions: [is('Denied')] }, {}, [
  'status.conditions: Forbidden: updates may not remove a condition of type "Denied"',
  'status.conditions: Forbidden: updates may not modify a condition of type "Denied"',
]);
test('fails once', refuses, request, {}, { conditions: [is('Failed'), is('Failed')] }, [
  'status.conditions[1].type: Duplicate value: "Failed"',
]);
test('fails for good', refuses, request, {}, { conditions: [is('Failed', 'False')] }, [
  'status.conditions[0].status: Unsupported value: "False": supported values: "True"',
]);
test('has a certificate', refuses, request, {}, { certificate: Buffer.from('x').toString('base64') }, [
  'status.certificate: Invalid value: "<certificate data>": must contain one or more CERTIFICATE PEM blocks',
]);
const key = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n';
test('has no key', refuses, request, {}, { certificate: Buffer.from(key).toString('base64') }, [
  'status.certificate: Invalid value: "<certificate data>": only CERTIFICATE PEM blocks are allowed, found "PRIVATE KEY"',
]);
test('keeps its certificate', refuses, request, { certificate: 'YQ==' }, { certificate: 'Yg==' }, [
  'status.certificate: Forbidden: updates may not modify existing certificate content',
]);

const claim = 'PersistentVolumeClaim core';
test(
  'may tell of a resize',
  refuses,
  claim,
  {},
  {
    capacity: { storage: '1Gi' },
    allocatedResources: { storage: '2Gi' },
    allocatedResourceStatuses: { storage: 'NodeResizePending', 'example.com/x': 'ControllerResizeInfeasible' },
  },
  [],
);
test(
  'tells of resizes of storage, in words that are known',
  refuses,
  claim,
  {},
  {
    capacity: { storage: '-1' },
    allocatedResources: { cpu: '1' },
    allocatedResourceStatuses: { storage: 'Other' },
  },
  [
    'status.capacity[storage]: Invalid value: -1: must be a valid resource quantity',
    'status.allocatedResourceStatus: Unsupported value: "storage": supported values: "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending"',
    'status.allocatedResources: Unsupported value: "cpu": supported values: "storage"',
  ],
);
test(
  'counts what a quota can count',
  refuses,
  'ResourceQuota core',
  {},
  {
    hard: { pods: '2', nonsense: '1' },
    used: { pods: '-1' },
  },
  [
    'status.hard[nonsense]: Invalid value: "nonsense": must be a standard resource type or fully qualified',
    'status.hard[nonsense]: Invalid value: "nonsense": must be a standard resource for quota',
    'status.used[pods]: Invalid value: "-1": must be greater than or equal to 0',
  ],
);
test(
  'has amounts that can be, and each address once',
  refuses,
  'Node core',
  {},
  {
    capacity: { cpu: '-1', 'example.com/x': '500m' },
    addresses: [
      { type: 'InternalIP', address: '1.1.1.1' },
      { type: 'InternalIP', address: '1.1.1.1' },
    ],
  },
  [
    'status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0',
    'status.capacity.example.com/x: Invalid value: "500m": must be an integer',
    'status.addresses[1]: Duplicate value: {"type":"InternalIP","address":"1.1.1.1"}',
  ],
);
test(
  'has names that are names',
  refuses,
  'CustomResourceDefinition apiextensions.k8s.io',
  {},
  {
    acceptedNames: { plural: 'A', kind: 'Tab', listKind: 'Tab' },
  },
  [
    "status.acceptedNames.plural: Invalid value: \"A\": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
    'status.acceptedNames.listKind: Invalid value: "Tab": kind and listKind may not be the same',
  ],
);

const devices = 'ResourceClaim resource.k8s.io';
const asks = { spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'c' } }] } } };
const result = { request: 'r', driver: 'd.example.com', pool: 'p', device: 'x' };
const allocation = { devices: { results: [result] } };
const consumer = { resource: 'pods', name: 'p', uid: 'u' };
test(
  'may tell what is allocated, and for whom',
  refuses,
  devices,
  {},
  { allocation, reservedFor: [consumer], devices: [result] },
  [],
  asks,
);
test(
  'reserves nothing that is not allocated',
  refuses,
  devices,
  {},
  { reservedFor: [consumer, { ...consumer, name: '' }] },
  [
    'status.reservedFor[1].name: Required value',
    'status.reservedFor[1]: Duplicate value: {"uid":"u"}',
    'status.reservedFor: Forbidden: may not be specified when `allocated` is not set',
  ],
  asks,
);
test(
  'keeps what is allocated',
  refuses,
  devices,
  { allocation },
  { allocation: { devices: { results: [] } } },
  ['status.allocation: Invalid value: {"devices":{"results":[]}}: field is immutable'],
  asks,
);
test(
  'allocates what is asked for',
  refuses,
  devices,
  {},
  {
    allocation: { devices: { results: [{ ...result, request: 'other', device: '' }] } },
    devices: [{ ...result, device: 'y' }],
  },
  [
    'status.devices[0]: Invalid value: "d.example.com/p/y": must be an allocated device in the claim',
    'status.allocation.devices.results[0].request: Invalid value: "other": must be the name of a request in the claim or the name of a request and a subrequest separated by \'/\'',
    'status.allocation.devices.results[0].device: Required value',
  ],
  asks,
);
test(
  'takes no more consumers once the claim goes',
  refuses,
  devices,
  { allocation },
  { allocation, reservedFor: [consumer] },
  [
    'status.reservedFor: Forbidden: new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set',
  ],
  {
    ...asks,
    metadata: { name: 'a', namespace: 'b', resourceVersion: '1', deletionTimestamp: '2026-01-01T00:00:00Z' },
  },
);
test(
  'names the version of its configuration',
  refuses,
  'Node core',
  {},
  { config: { active: { configMap: { namespace: 'a', name: '', kubeletConfigKey: 'c' } } } },
  [
    'status.config.active.configMap.uid: Required value',
    'status.config.active.configMap.resourceVersion: Required value',
    'status.config.active.configMap.name: Required value',
  ],
);
