// What lets nodes join: the cluster's public description, what they need to know of it, and what they may do. Pure.
// Rule: kubeadm init, phases bootstrap-token and upload-config.
import { clusterRoleBindings, clusterRoles, configMaps, roleBindings, roles, secrets } from '#lib/api/resources.ts';
import type { Subject } from '#lib/api/types/rbac.v1.ts';
import { clusterInfo, kubeconfigKey, renderClusterInfo } from '#lib/join/cluster-info.ts';
import { authorityKey, type ClusterSettings, clusterSettings } from '#lib/join/settings.ts';
import { joinGroup, secretOf, serverGroup, type Token, tokenUsages } from '#lib/join/token.ts';
import { serversPath } from '../../members/servers.ts';
import { group, serviceAccount, user } from './bindings.ts';
import type { Wanted } from './objects.ts';
import { rule } from './rule.ts';

export interface JoiningFacts {
  /** `https://host:port` as nodes reach it. */
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  readonly settings: ClusterSettings;
  /** Those that are good as long as the server is started with them. */
  readonly tokens: readonly Token[];
}

export function wantedForJoining({ server, ca, settings, tokens }: JoiningFacts): readonly Wanted[] {
  const joining = group(joinGroup);
  return [
    map(clusterInfo, { [kubeconfigKey]: renderClusterInfo({ server, ca }) }),
    map(clusterSettings, { ...settings, [authorityKey]: ca }),
    ...mayRead('kubeadm:bootstrap-signer-clusterinfo', clusterInfo, [user('system:anonymous')]),
    ...mayRead('skiff:cluster-settings', clusterSettings, [joining, group('system:nodes')]),
    clusterBinding('kubeadm:kubelet-bootstrap', 'system:node-bootstrapper', joining),
    clusterBinding('kubeadm:node-autoapprove-bootstrap', approvalRole('nodeclient'), joining),
    clusterBinding(
      'kubeadm:node-autoapprove-certificate-rotation',
      approvalRole('selfnodeclient'),
      group('system:nodes'),
    ),
    {
      resource: clusterRoles,
      object: { metadata: { name: 'kubeadm:get-nodes' }, rules: [rule('get', 'core', 'nodes')] },
      existing: 'keep',
    },
    clusterBinding('kubeadm:get-nodes', 'kubeadm:get-nodes', joining),
    {
      resource: clusterRoles,
      object: {
        metadata: { name: servingApprover },
        rules: [rule('approve', 'certificates.k8s.io', 'signers', 'kubernetes.io/kubelet-serving')],
      },
      existing: 'keep',
    },
    clusterBinding(servingApprover, servingApprover, serviceAccount('certificate-controller')),
    {
      resource: clusterRoles,
      object: {
        metadata: { name: serverJoiner },
        rules: [{ verbs: ['post'], nonResourceURLs: [serversPath] }],
      },
      existing: 'keep',
    },
    clusterBinding(serverJoiner, serverJoiner, group(serverGroup)),
    ...tokens.map(
      (token): Wanted => ({
        resource: secrets,
        object: secretOf({
          token,
          description: 'The server was started with it.',
          usages: tokenUsages,
          groups: [joinGroup],
        }) as Wanted['object'],
        existing: 'overwrite',
      }),
    ),
  ];
}

/** Ours: upstream leaves what nodes serve with to whoever runs the cluster. */
const servingApprover = 'skiff:kubelet-serving-approver';
/** Ours, too: kubeadm's servers get the authorities by a key that an administrator carries over. */
const serverJoiner = 'skiff:server-joiner';

function approvalRole(what: 'nodeclient' | 'selfnodeclient'): string {
  return `system:certificates.k8s.io:certificatesigningrequests:${what}`;
}

type Place = { readonly namespace: string; readonly name: string };

function map({ namespace, name }: Place, data: Readonly<Record<string, string>>): Wanted {
  return { resource: configMaps, object: { metadata: { namespace, name }, data }, existing: 'overwrite' };
}

function mayRead(name: string, place: Place, subjects: readonly Subject[]): readonly Wanted[] {
  const { namespace } = place;
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name };
  return [
    {
      resource: roles,
      object: { metadata: { namespace, name }, rules: [rule('get', 'core', 'configmaps', place.name)] },
      existing: 'keep',
    },
    { resource: roleBindings, object: { metadata: { namespace, name }, subjects, roleRef }, existing: 'keep' },
  ];
}

function clusterBinding(name: string, role: string, subject: Subject): Wanted {
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role };
  return {
    resource: clusterRoleBindings,
    object: { metadata: { name }, subjects: [subject], roleRef },
    existing: 'keep',
  };
}
