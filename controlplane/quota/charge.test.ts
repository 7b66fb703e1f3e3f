import test from 'ava';
import type { KubeObject } from '#lib/api/resource.ts';
import type { ResourceQuota } from '#lib/api/types/core.v1.ts';
import { type Charge, charge } from './charge.ts';

const pods = { group: '', resource: 'pods' };
const quota = (hard: Record<string, string>, used: Record<string, string>, spec: object = {}): ResourceQuota => ({
  metadata: { name: 'q', namespace: 'a', uid: 'u' },
  spec: { hard, ...spec },
  status: { hard, used },
});
const pod = (requests?: Record<string, string>, spec: object = {}, rest: object = {}): KubeObject =>
  ({
    metadata: { name: 'p', namespace: 'a' },
    spec: { containers: [{ name: 'c', image: 'i', resources: { requests, limits: requests } }], ...spec },
    ...rest,
  }) as unknown as KubeObject;

const says = test.macro<[Charge, ResourceQuota, string | Record<string, string> | undefined]>(
  (t, one, standing, expected) => {
    const verdict = charge(one, [standing], 0);
    if (typeof expected === 'string') t.like(verdict, { isAllowed: false, why: expected });
    else t.like(verdict, { isAllowed: true, changed: expected === undefined ? [] : [{ status: { used: expected } }] });
  },
);

test(
  'charge() adds a pod',
  says,
  { counted: pods, object: pod({ cpu: '500m' }) },
  quota({ pods: '2', cpu: '1' }, { pods: '1', cpu: '500m' }),
  { pods: '2', cpu: '1' },
);
test(
  'charge() names what is exceeded alone',
  says,
  { counted: pods, object: pod({ cpu: '600m' }) },
  quota({ pods: '2', cpu: '1' }, { pods: '1', cpu: '500m' }),
  'exceeded quota: q, requested: cpu=600m, used: cpu=500m, limited: cpu=1',
);
test(
  'charge() wants containers to say what is counted',
  says,
  { counted: pods, object: pod() },
  quota({ 'limits.cpu': '1', 'limits.memory': '1Gi' }, { 'limits.cpu': '0', 'limits.memory': '0' }),
  'failed quota: q: must specify limits.cpu for: c; limits.memory for: c',
);
test(
  'charge() waits for the first count',
  says,
  { counted: pods, object: pod() },
  quota({ pods: '1' }, {}),
  'status unknown for quota: q, resources: pods',
);
test(
  'charge() leaves an ended pod alone but for its object',
  says,
  { counted: pods, object: pod({ cpu: '9' }, {}, { status: { phase: 'Failed' } }) },
  quota({ cpu: '1', 'count/pods': '5' }, { cpu: '0', 'count/pods': '1' }),
  { cpu: '0', 'count/pods': '2' },
);
test(
  'charge() counts the peak of the start and overhead',
  says,
  {
    counted: pods,
    object: pod(
      { cpu: '1' },
      {
        initContainers: [
          { name: 's', restartPolicy: 'Always', resources: { requests: { cpu: '1' } } },
          { name: 'i', resources: { requests: { cpu: '3' } } },
        ],
        overhead: { cpu: '250m' },
      },
    ),
  },
  quota({ 'requests.cpu': '9' }, { 'requests.cpu': '0' }),
  { 'requests.cpu': '4250m' },
);
test(
  'charge() counts extended resources by request',
  says,
  { counted: pods, object: pod({ 'example.com/gpu': '2' }) },
  quota({ 'requests.example.com/gpu': '1' }, { 'requests.example.com/gpu': '0' }),
  'exceeded quota: q, requested: requests.example.com/gpu=2, used: requests.example.com/gpu=0, limited: requests.example.com/gpu=1',
);

const one = { pods: '1' };
const none = { pods: '0' };
test(
  'charge() Terminating is about pods with a deadline',
  says,
  { counted: pods, object: pod() },
  quota(one, none, { scopes: ['Terminating'] }),
  undefined,
);
test(
  'charge() NotTerminating is about the others',
  says,
  { counted: pods, object: pod() },
  quota(one, none, { scopes: ['NotTerminating'] }),
  one,
);
test(
  'charge() BestEffort is about pods that ask for nothing',
  says,
  { counted: pods, object: pod() },
  quota(one, none, { scopes: ['BestEffort'] }),
  one,
);
test(
  'charge() NotBestEffort leaves them out',
  says,
  { counted: pods, object: pod() },
  quota(one, none, { scopes: ['NotBestEffort'] }),
  undefined,
);
const byClass = (operator: string, values?: string[]) => ({
  scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator, values }] },
});
test(
  'charge() PriorityClass In',
  says,
  { counted: pods, object: pod(undefined, { priorityClassName: 'high' }) },
  quota(one, none, byClass('In', ['high'])),
  one,
);
test(
  'charge() PriorityClass NotIn',
  says,
  { counted: pods, object: pod(undefined, { priorityClassName: 'high' }) },
  quota(one, none, byClass('NotIn', ['high'])),
  undefined,
);
test(
  'charge() PriorityClass Exists',
  says,
  { counted: pods, object: pod() },
  quota(one, none, byClass('Exists')),
  undefined,
);
test(
  'charge() CrossNamespacePodAffinity is about affinities that name namespaces',
  says,
  {
    counted: pods,
    object: pod(undefined, {
      affinity: {
        podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'a', namespaces: ['b'] }] },
      },
    }),
  },
  quota({ pods: '0' }, none, { scopes: ['CrossNamespacePodAffinity'] }),
  'exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0',
);

const services = { group: '', resource: 'services' };
const service = (type: string, ports = 1) =>
  ({
    metadata: { name: 's' },
    spec: { type, ports: Array.from({ length: ports }, (_, i) => ({ port: i + 1 })) },
  }) as unknown as KubeObject;
test(
  'charge() counts node ports',
  says,
  { counted: services, object: service('NodePort', 2) },
  quota({ services: '5', 'services.nodeports': '1' }, { services: '0', 'services.nodeports': '0' }),
  'exceeded quota: q, requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1',
);
test(
  'charge() charges a change for what grows',
  says,
  { counted: services, object: service('LoadBalancer'), before: service('NodePort') },
  quota(
    { services: '1', 'services.nodeports': '1', 'services.loadbalancers': '1' },
    { services: '1', 'services.nodeports': '1', 'services.loadbalancers': '0' },
  ),
  { services: '1', 'services.nodeports': '1', 'services.loadbalancers': '1' },
);

const claims = { group: '', resource: 'persistentvolumeclaims' };
const claim = {
  metadata: { name: 'c' },
  spec: { storageClassName: 'gold', resources: { requests: { storage: '2Gi' } } },
} as unknown as KubeObject;
test(
  'charge() counts claims by class',
  says,
  { counted: claims, object: claim },
  quota(
    {
      'gold.storageclass.storage.k8s.io/requests.storage': '3Gi',
      'requests.storage': '10Gi',
      persistentvolumeclaims: '2',
      'lead.storageclass.storage.k8s.io/persistentvolumeclaims': '0',
    },
    {
      'gold.storageclass.storage.k8s.io/requests.storage': '1Gi',
      'requests.storage': '1Gi',
      persistentvolumeclaims: '1',
      'lead.storageclass.storage.k8s.io/persistentvolumeclaims': '0',
    },
  ),
  {
    'gold.storageclass.storage.k8s.io/requests.storage': '3Gi',
    'requests.storage': '3Gi',
    persistentvolumeclaims: '2',
    'lead.storageclass.storage.k8s.io/persistentvolumeclaims': '0',
  },
);
test(
  'charge() counts objects of any group',
  says,
  { counted: { group: 'apps', resource: 'deployments' }, object: claim },
  quota({ 'count/deployments.apps': '0' }, { 'count/deployments.apps': '0' }),
  'exceeded quota: q, requested: count/deployments.apps=1, used: count/deployments.apps=0, limited: count/deployments.apps=0',
);
