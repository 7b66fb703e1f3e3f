import test from 'ava';
import {
  clusterRoleBindings,
  clusterRoles,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  roleBindings,
  roles,
} from '#lib/api/resources.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { nodeRules } from '../bootstrap/cluster-roles.ts';
import { rule } from '../bootstrap/rule.ts';
import type { Attributes } from './attributes.ts';
import { createFakeRegistry } from './fake-registry.ts';
import { createNodeAuthorizer } from './node.ts';
import { createRbac } from './rbac.ts';

const wish: Attributes = {
  user: { name: 'ann', groups: ['staff'] },
  verb: 'get',
  isResource: true,
  path: '',
  group: '',
  resource: 'pods',
  subresource: '',
  namespace: 'a',
  name: 'x',
};
const rbacGroup = 'rbac.authorization.k8s.io';

test('createRbac() follows bindings as they come and go', (t) => {
  const registry = createFakeRegistry();
  const { authorize } = createRbac(registry);
  registry.put(clusterRoles, { metadata: { name: 'reader' }, rules: [rule('read', 'core', 'pods')] });
  t.false(authorize(wish).isAllowed);
  const roleRef = { apiGroup: rbacGroup, kind: 'ClusterRole', name: 'reader' };
  const binding = {
    metadata: { name: 'b' },
    roleRef,
    subjects: [{ apiGroup: rbacGroup, kind: 'Group', name: 'staff' }],
  };
  registry.put(clusterRoleBindings, binding);
  t.deepEqual(authorize(wish), {
    isAllowed: true,
    reason: 'RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "reader" to Group "staff"',
  });
  registry.put(clusterRoleBindings, { ...binding, subjects: [] });
  t.false(authorize(wish).isAllowed);
  registry.put(clusterRoleBindings, binding);
  registry.remove(clusterRoleBindings, 'b');
  t.false(authorize(wish).isAllowed);
});

test('createRbac() holds a RoleBinding to its namespace', (t) => {
  const registry = createFakeRegistry();
  registry.put(roles, { metadata: { name: 'r', namespace: 'a' }, rules: [rule('get', 'core', 'pods')] });
  registry.put(roleBindings, {
    metadata: { name: 'b', namespace: 'a' },
    roleRef: { apiGroup: rbacGroup, kind: 'Role', name: 'r' },
    subjects: [{ kind: 'ServiceAccount', name: 'sa' }],
  });
  const { authorize } = createRbac(registry);
  const user = { name: 'system:serviceaccount:a:sa', groups: [] };
  t.true(authorize({ ...wish, user }).isAllowed);
  t.false(authorize({ ...wish, user, namespace: 'b' }).isAllowed);
  t.false(authorize({ ...wish, user, namespace: '' }).isAllowed);
  t.false(authorize({ ...wish, user: { name: 'system:serviceaccount:b:sa', groups: [] } }).isAllowed);
});

const pod: Pod = {
  metadata: { name: 'p', namespace: 'a' },
  spec: {
    nodeName: 'n1',
    serviceAccountName: 'sa',
    imagePullSecrets: [{ name: 'pull' }],
    containers: [
      {
        name: 'c',
        envFrom: [{ configMapRef: { name: 'env' } }],
        env: [{ name: 'K', valueFrom: { secretKeyRef: { name: 'key', key: 'k' } } }],
      },
    ],
    volumes: [
      { name: 'v', secret: { secretName: 'vol' } },
      { name: 'w', projected: { sources: [{ configMap: { name: 'projected' } }] } },
      { name: 'd', persistentVolumeClaim: { claimName: 'claim' } },
    ],
  },
  status: {},
};
const node = { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };

const nodeMay = test.macro<[string, Partial<Attributes>, boolean]>({
  title: (_title, what, _difference, isAllowed) => `createNodeAuthorizer() ${isAllowed ? 'allows' : 'denies'} ${what}`,
  exec(t, _what, difference, isAllowed) {
    const registry = createFakeRegistry();
    const authorize = createNodeAuthorizer(registry, nodeRules);
    registry.put(pods, pod);
    registry.put(persistentVolumeClaims, {
      metadata: { name: 'claim', namespace: 'a' },
      spec: { volumeName: 'pv' },
      status: {},
    });
    registry.put(persistentVolumes, {
      metadata: { name: 'pv' },
      spec: { csi: { driver: 'd', volumeHandle: 'h', nodeStageSecretRef: { name: 'stage', namespace: 'csi' } } },
      status: {},
    });
    t.is(authorize({ ...wish, user: node, ...difference }).isAllowed, isAllowed);
  },
});
for (const name of ['pull', 'key', 'vol'])
  test(nodeMay, `secret ${name} of its pod`, { resource: 'secrets', name }, true);
for (const name of ['env', 'projected'])
  test(nodeMay, `config map ${name} of its pod`, { resource: 'configmaps', name }, true);
test(nodeMay, 'another secret', { resource: 'secrets', name: 'other' }, false);
test(nodeMay, 'a secret of the same name elsewhere', { resource: 'secrets', name: 'vol', namespace: 'b' }, false);
test(nodeMay, 'all secrets', { resource: 'secrets', verb: 'list', name: '' }, false);
test(nodeMay, 'watching one secret of its pod', { resource: 'secrets', verb: 'watch', name: 'vol' }, true);
test(nodeMay, 'writing a secret of its pod', { resource: 'secrets', verb: 'update', name: 'vol' }, false);
test(
  nodeMay,
  'the secrets of a pod on another node',
  { user: { ...node, name: 'system:node:n2' }, resource: 'secrets', name: 'vol' },
  false,
);
test(nodeMay, 'the claim of its pod', { resource: 'persistentvolumeclaims', name: 'claim' }, true);
test(nodeMay, 'the volume behind the claim', { resource: 'persistentvolumes', name: 'pv', namespace: '' }, true);
test(nodeMay, 'the secret of the volume', { resource: 'secrets', name: 'stage', namespace: 'csi' }, true);
test(nodeMay, 'another volume', { resource: 'persistentvolumes', name: 'pv2', namespace: '' }, false);
test(
  nodeMay,
  'its pods by field',
  { verb: 'list', name: '', namespace: '', fields: new Map([['spec.nodeName', 'n1']]) },
  true,
);
test(
  nodeMay,
  'pods of another node',
  { verb: 'list', name: '', namespace: '', fields: new Map([['spec.nodeName', 'n2']]) },
  false,
);
test(nodeMay, 'all pods', { verb: 'list', name: '', namespace: '' }, false);
test(nodeMay, 'its own pod', { name: 'p' }, true);
test(
  nodeMay,
  'a token of its pod',
  { verb: 'create', resource: 'serviceaccounts', subresource: 'token', name: 'sa' },
  true,
);
test(
  nodeMay,
  'another token',
  { verb: 'create', resource: 'serviceaccounts', subresource: 'token', name: 'default' },
  false,
);
const lease = { group: 'coordination.k8s.io', resource: 'leases', verb: 'update' };
test(nodeMay, 'its lease', { ...lease, name: 'n1', namespace: 'kube-node-lease' }, true);
test(nodeMay, 'the lease of another', { ...lease, name: 'n2', namespace: 'kube-node-lease' }, false);
test(nodeMay, 'a lease elsewhere', { ...lease, name: 'n1', namespace: 'kube-system' }, false);
test(nodeMay, 'deleting namespaces', { verb: 'delete', resource: 'namespaces', name: 'a' }, false);
test(nodeMay, 'anything without the group', { user: { name: node.name, groups: [] }, name: 'p' }, false);
