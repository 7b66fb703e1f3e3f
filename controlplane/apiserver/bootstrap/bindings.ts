// Who has the default roles, and the roles within system namespaces. Rule: k8s.io/kubernetes bootstrappolicy.
import type { PolicyRule, Subject } from '#lib/api/types/rbac.v1.ts';
import { eventsRule, rule } from './rule.ts';

export interface BindingFacts {
  /** Name of the binding and, unless told, of the role. */
  readonly name: string;
  readonly role?: string;
  readonly subjects: readonly Subject[];
}

const rbac = 'rbac.authorization.k8s.io';

export function group(name: string): Subject {
  return { apiGroup: rbac, kind: 'Group', name };
}

export function user(name: string): Subject {
  return { apiGroup: rbac, kind: 'User', name };
}

export function serviceAccount(name: string): Subject {
  return { kind: 'ServiceAccount', name, namespace: 'kube-system' };
}

const everybody = group('system:authenticated');
const nobody = group('system:unauthenticated');
const scheduler = user('system:kube-scheduler');
const controllerManager = user('system:kube-controller-manager');

export const clusterBindingFacts: readonly BindingFacts[] = [
  { name: 'cluster-admin', subjects: [group('system:masters')] },
  { name: 'system:monitoring', subjects: [group('system:monitoring')] },
  { name: 'system:discovery', subjects: [everybody] },
  { name: 'system:basic-user', subjects: [everybody] },
  { name: 'system:public-info-viewer', subjects: [everybody, nobody] },
  { name: 'system:node-proxier', subjects: [user('system:kube-proxy')] },
  { name: 'system:kube-controller-manager', subjects: [controllerManager] },
  { name: 'system:kube-dns', subjects: [serviceAccount('kube-dns')] },
  { name: 'system:kube-scheduler', subjects: [scheduler] },
  { name: 'system:volume-scheduler', subjects: [scheduler] },
  { name: 'system:node', subjects: [] }, // the Node authorizer takes its place
  { name: 'system:service-account-issuer-discovery', subjects: [group('system:serviceaccounts')] },
  { name: 'system:cluster-trust-bundle-discovery', subjects: [group('system:serviceaccounts')] },
  // Ours: one process is kubelet, proxy and DNS of its node, under one name.
  { name: 'skiff:node-proxier', role: 'system:node-proxier', subjects: [group('system:nodes')] },
  { name: 'skiff:node-network', subjects: [group('system:nodes')] },
];

export interface NamespaceRoleFacts {
  readonly namespace: string;
  readonly name: string;
  readonly rules: readonly PolicyRule[];
  readonly binding: BindingFacts;
}

function leaderLocking(component: string, who: Subject): NamespaceRoleFacts {
  const name = `system::leader-locking-${component}`;
  return {
    namespace: 'kube-system',
    name,
    rules: [rule('watch', 'core', 'configmaps'), rule('get update', 'core', 'configmaps', component)],
    binding: { name, subjects: [who, serviceAccount(component)] },
  };
}

function ofController(namespace: string, name: string, rules: readonly PolicyRule[]): NamespaceRoleFacts {
  const role = `system:controller:${name}`;
  return { namespace, name: role, rules, binding: { name: role, subjects: [serviceAccount(name)] } };
}

export const namespaceRoleFacts: readonly NamespaceRoleFacts[] = [
  {
    namespace: 'kube-system',
    name: 'extension-apiserver-authentication-reader',
    rules: [rule('read', 'core', 'configmaps', 'extension-apiserver-authentication')],
    binding: {
      name: 'system::extension-apiserver-authentication-reader',
      role: 'extension-apiserver-authentication-reader',
      subjects: [controllerManager, scheduler],
    },
  },
  {
    // Ours: DNS runs on every node, and reads its settings there.
    namespace: 'kube-system',
    name: 'skiff:node-dns',
    rules: [rule('read', 'core', 'configmaps', 'kube-dns')],
    binding: { name: 'skiff:node-dns', subjects: [group('system:nodes')] },
  },
  {
    namespace: 'kube-system',
    name: 'skiff:cloud-controller-manager',
    rules: [
      rule('create', 'coordination.k8s.io', 'leases'),
      rule('get update', 'coordination.k8s.io', 'leases', 'cloud-controller-manager'),
    ],
    binding: { name: 'skiff:cloud-controller-manager', subjects: [user('system:cloud-controller-manager')] },
  },
  ofController('kube-system', 'bootstrap-signer', [rule('read', 'core', 'secrets')]),
  ofController('kube-system', 'cloud-provider', [rule('create get list watch', 'core', 'configmaps')]),
  ofController('kube-system', 'token-cleaner', [rule('read delete', 'core', 'secrets'), eventsRule]),
  leaderLocking('kube-controller-manager', controllerManager),
  leaderLocking('kube-scheduler', scheduler),
  ofController('kube-public', 'bootstrap-signer', [
    rule('read', 'core', 'configmaps'),
    rule('update', 'core', 'configmaps', 'cluster-info'),
    eventsRule,
  ]),
];
