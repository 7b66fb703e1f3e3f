// The ClusterRoles that every cluster has. Rule: names and rules of k8s.io/kubernetes bootstrappolicy.
import type { PolicyRule } from '#lib/api/types/rbac.v1.ts';
import { eventsRule, rule, urls } from './rule.ts';

export interface RoleFacts {
  readonly name: string;
  readonly rules?: readonly PolicyRule[];
  /** Label `rbac.authorization.k8s.io/aggregate-to-...` that it carries. */
  readonly aggregateTo?: 'admin' | 'edit' | 'view';
  /** The same label on others, whose rules it takes. */
  readonly aggregates?: 'admin' | 'edit' | 'view';
}

const apps = 'apps';
const authentication = 'authentication.k8s.io';
const authorization = 'authorization.k8s.io';
const certificates = 'certificates.k8s.io';
const coordination = 'coordination.k8s.io';
const discovery = 'discovery.k8s.io';
const networking = 'networking.k8s.io';
const rbac = 'rbac.authorization.k8s.io';
const resource = 'resource.k8s.io';
const storage = 'storage.k8s.io';

/** What the Node authorizer applies to every node alike. */
export const nodeRules: readonly PolicyRule[] = [
  rule('create', authentication, 'tokenreviews'),
  rule('create', authorization, 'subjectaccessreviews localsubjectaccessreviews'),
  rule('read', 'core', 'services'),
  rule('create get list watch', 'core', 'nodes'),
  rule('update patch', 'core', 'nodes/status'),
  rule('update patch', 'core', 'nodes'),
  rule('create update patch', 'core events.k8s.io', 'events'),
  rule('read', 'core', 'pods'),
  rule('create delete', 'core', 'pods'),
  rule('update patch', 'core', 'pods/status'),
  rule('create', 'core', 'pods/eviction'),
  rule('read', 'core', 'secrets configmaps'),
  rule('get', 'core', 'persistentvolumeclaims persistentvolumes'),
  rule('get', 'core', 'endpoints'),
  rule('create get list watch', certificates, 'certificatesigningrequests'),
  rule('get create update patch delete', coordination, 'leases'),
  rule('get', storage, 'volumeattachments'),
  rule('create', 'core', 'serviceaccounts/token'),
  rule('get update patch', 'core', 'persistentvolumeclaims/status'),
  rule('read', storage, 'csidrivers'),
  rule('get create update patch delete', storage, 'csinodes'),
  rule('read', 'node.k8s.io', 'runtimeclasses'),
  rule('get', resource, 'resourceclaims'),
  rule('deletecollection list watch create', resource, 'resourceslices'),
  rule('get update patch delete', resource, 'resourceslices'),
  rule('read', certificates, 'clustertrustbundles'),
  rule('create get list watch', certificates, 'podcertificaterequests'),
];

const editable =
  'configmaps persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy';
const workloads =
  'daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale';

const userRoles: readonly RoleFacts[] = [
  { name: 'cluster-admin', rules: [rule('*', '*', '*'), { verbs: ['*'], nonResourceURLs: ['*'] }] },
  {
    name: 'system:discovery',
    rules: [urls('/livez /readyz /healthz /version /version/ /openapi /openapi/* /api /api/* /apis /apis/*')],
  },
  {
    name: 'system:monitoring',
    rules: [urls('/metrics /metrics/slis /livez /readyz /healthz /livez/* /readyz/* /healthz/*')],
  },
  {
    name: 'system:basic-user',
    rules: [
      rule('create', authorization, 'selfsubjectaccessreviews selfsubjectrulesreviews'),
      rule('create', authentication, 'selfsubjectreviews'),
    ],
  },
  { name: 'system:public-info-viewer', rules: [urls('/livez /readyz /healthz /version /version/')] },
  { name: 'admin', aggregates: 'admin' },
  { name: 'edit', aggregateTo: 'admin', aggregates: 'edit' },
  { name: 'view', aggregateTo: 'edit', aggregates: 'view' },
  {
    name: 'system:aggregate-to-admin',
    aggregateTo: 'admin',
    rules: [rule('create', authorization, 'localsubjectaccessreviews'), rule('read write', rbac, 'roles rolebindings')],
  },
  {
    name: 'system:aggregate-to-edit',
    aggregateTo: 'edit',
    rules: [
      rule('read', 'core', 'pods/attach pods/proxy pods/exec pods/portforward secrets services/proxy'),
      rule('impersonate', 'core', 'serviceaccounts'),
      rule('write', 'core', 'pods pods/attach pods/proxy pods/exec pods/portforward'),
      rule('create', 'core', 'pods/eviction'),
      rule('write', 'core', editable),
      rule('create', 'core', 'serviceaccounts/token'),
      rule('write', apps, workloads),
      rule('write', 'autoscaling', 'horizontalpodautoscalers'),
      rule('write', 'batch', 'jobs cronjobs'),
      rule(
        'write',
        'extensions',
        'daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale',
      ),
      rule('write', 'policy', 'poddisruptionbudgets'),
      rule('write', networking, 'networkpolicies ingresses'),
      rule('read write', coordination, 'leases'),
      rule('write', resource, 'resourceclaims resourceclaimtemplates'),
    ],
  },
  {
    name: 'system:aggregate-to-view',
    aggregateTo: 'view',
    rules: [
      rule(
        'read',
        'core',
        'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
      ),
      rule(
        'read',
        'core',
        'bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
      ),
      rule('read', 'core', 'namespaces'),
      rule('read', discovery, 'endpointslices'),
      rule(
        'read',
        apps,
        'controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status',
      ),
      rule('read', 'autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'),
      rule('read', 'batch', 'cronjobs cronjobs/status jobs jobs/status'),
      rule(
        'read',
        'extensions',
        'daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale',
      ),
      rule('read', 'policy', 'poddisruptionbudgets poddisruptionbudgets/status'),
      rule('read', networking, 'ingresses ingresses/status networkpolicies'),
      rule('read', resource, 'resourceclaims resourceclaims/status resourceclaimtemplates'),
    ],
  },
];

const componentRoles: readonly RoleFacts[] = [
  {
    name: 'system:heapster',
    rules: [rule('read', 'core', 'events pods nodes namespaces'), rule('read', 'extensions', 'deployments')],
  },
  { name: 'system:node', rules: nodeRules },
  {
    name: 'system:node-problem-detector',
    rules: [rule('get', 'core', 'nodes'), rule('patch', 'core', 'nodes/status'), eventsRule],
  },
  {
    name: 'system:kubelet-api-admin',
    rules: [
      rule('read', 'core', 'nodes'),
      rule('proxy', 'core', 'nodes'),
      rule(
        '*',
        'core',
        'nodes/configz nodes/healthz nodes/log nodes/metrics nodes/pods nodes/proxy nodes/spec nodes/stats',
      ),
    ],
  },
  {
    name: 'system:node-bootstrapper',
    rules: [rule('create get list watch', certificates, 'certificatesigningrequests')],
  },
  {
    name: 'system:auth-delegator',
    rules: [rule('create', authentication, 'tokenreviews'), rule('create', authorization, 'subjectaccessreviews')],
  },
  { name: 'system:kube-aggregator', rules: [rule('read', 'core', 'services endpoints')] },
  {
    name: 'system:kube-controller-manager',
    rules: [
      eventsRule,
      rule('create', coordination, 'leases'),
      rule('get update', coordination, 'leases', 'kube-controller-manager'),
      rule('create', 'core', 'secrets serviceaccounts'),
      rule('delete', 'core', 'secrets'),
      rule('get', 'core', 'namespaces secrets serviceaccounts configmaps'),
      rule('update', 'core', 'secrets serviceaccounts'),
      rule('create', authentication, 'tokenreviews'),
      rule('create', authorization, 'subjectaccessreviews'),
      rule('list watch', '*', '*'),
      rule('create', 'core', 'serviceaccounts/token'),
    ],
  },
  {
    name: 'system:kube-scheduler',
    rules: [
      eventsRule,
      rule('create', coordination, 'leases'),
      rule('get list update watch', coordination, 'leases', 'kube-scheduler'),
      rule('create', coordination, 'leasecandidates'),
      rule('get list watch create update patch delete', coordination, 'leasecandidates'),
      rule('read', 'core', 'nodes'),
      rule('get list watch delete', 'core', 'pods'),
      rule('create', 'core', 'pods/binding bindings'),
      rule('patch update', 'core', 'pods/status'),
      rule('read', 'core', 'services replicationcontrollers'),
      rule('read', 'apps extensions', 'replicasets'),
      rule('read', apps, 'statefulsets'),
      rule('read', 'policy', 'poddisruptionbudgets'),
      rule('read', 'core', 'persistentvolumeclaims persistentvolumes'),
      rule('create', authentication, 'tokenreviews'),
      rule('create', authorization, 'subjectaccessreviews'),
      rule('read', storage, 'csinodes'),
      rule('read', 'core', 'namespaces'),
      rule('read', storage, 'csidrivers'),
      rule('read', storage, 'csistoragecapacities'),
      rule('read', storage, 'volumeattachments'),
      rule('read', resource, 'deviceclasses'),
      rule('read patch update', resource, 'resourceclaims'),
      rule('read patch update', resource, 'resourceclaims/status'),
      rule('update', 'core', 'pods/finalizers'),
      rule('read', resource, 'resourceslices'),
      rule('read', resource, 'devicetaintrules'),
    ],
  },
  { name: 'system:kube-dns', rules: [rule('list watch', 'core', 'endpoints services')] },
  {
    name: 'system:persistent-volume-provisioner',
    rules: [
      rule('get list watch create delete', 'core', 'persistentvolumes'),
      rule('get list watch update', 'core', 'persistentvolumeclaims'),
      rule('read', storage, 'storageclasses'),
      rule('watch', 'core', 'events'),
      eventsRule,
    ],
  },
  {
    name: 'system:volume-scheduler',
    rules: [
      rule('read update patch', 'core', 'persistentvolumes'),
      rule('read', storage, 'storageclasses'),
      rule('read update patch', 'core', 'persistentvolumeclaims'),
    ],
  },
  {
    name: 'system:node-proxier',
    rules: [
      rule('list watch', 'core', 'services endpoints'),
      rule('read', 'core', 'nodes'),
      eventsRule,
      rule('list watch', discovery, 'endpointslices'),
      rule('list watch', networking, 'servicecidrs'),
    ],
  },
  {
    name: 'system:service-account-issuer-discovery',
    rules: [urls('/.well-known/openid-configuration /openid/v1/jwks')],
  },
  { name: 'skiff:node-network', rules: [rule('list watch', 'core', 'namespaces')] }, // ours: DNS runs on every node
];

const certificateRoles: readonly RoleFacts[] = [
  ...['nodeclient', 'selfnodeclient'].map((what) => ({
    name: `system:certificates.k8s.io:certificatesigningrequests:${what}`,
    rules: [rule('create', certificates, `certificatesigningrequests/${what}`)],
  })),
  ...[
    ['legacy-unknown', 'legacy-unknown'],
    ['kubelet-serving', 'kubelet-serving'],
    ['kube-apiserver-client', 'kube-apiserver-client'],
    ['kube-apiserver-client-kubelet', 'kube-apiserver-client-kubelet'],
  ].map(([name, signer]) => ({
    name: `system:certificates.k8s.io:${name}-approver`,
    rules: [rule('approve', certificates, 'signers', `kubernetes.io/${signer}`)],
  })),
  {
    name: 'system:cluster-trust-bundle-discovery',
    rules: [rule('read', certificates, 'clustertrustbundles')],
  },
];

export const clusterRoleFacts: readonly RoleFacts[] = [...userRoles, ...componentRoles, ...certificateRoles];
