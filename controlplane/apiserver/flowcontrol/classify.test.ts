import test from 'ava';
import type { FlowSchema, PriorityLevelConfiguration } from '#lib/api/types/flowcontrol.v1.ts';
import type { UserInfo } from '../exchange.ts';
import { parseRequestInfo } from '../http/request-info.ts';
import { flowOf, orderFlows } from './classify.ts';
import { wantedLevels, wantedSchemas } from './objects.ts';

const levels = new Map(
  wantedLevels.map(({ name, spec }) => [name, { metadata: { name }, spec } as PriorityLevelConfiguration]),
);
const schemas = wantedSchemas.map(({ name, spec }) => ({ metadata: { name }, spec }) as FlowSchema);
const flows = orderFlows(schemas, (name) => levels.get(name));

const belongs = test.macro<[UserInfo, string, string, string | undefined, string | undefined]>({
  title: (_title, user, method, path, flow) => `flowOf() counts ${method} ${path} of ${user.name} to ${flow}`,
  exec(t, user, method, path, flow, level) {
    const [bare = '', query] = path.split('?');
    const found = flowOf(flows, user, parseRequestInfo(method, bare, new URLSearchParams(query)));
    t.deepEqual([found?.schema.metadata.name, found?.level.metadata.name], [flow, level]);
  },
});

const all = 'system:authenticated';
const admin = { name: 'admin', groups: ['system:masters', all] };
const node = { name: 'system:node:a', groups: ['system:nodes', all] };
const manager = { name: 'system:kube-controller-manager', groups: [all] };
const account = (namespace: string, name: string) => ({
  name: `system:serviceaccount:${namespace}:${name}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, all],
});
const anonymous = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
const pods = '/api/v1/namespaces/a/pods';
const leases = '/apis/coordination.k8s.io/v1/namespaces/a/leases';

test(belongs, admin, 'GET', pods, 'exempt', 'exempt');
test(belongs, anonymous, 'GET', '/livez', 'probes', 'exempt');
test(belongs, anonymous, 'GET', '/livez/ping', 'global-default', 'global-default');
test(belongs, node, 'PUT', '/api/v1/nodes/a/status', 'system-node-high', 'node-high');
test(belongs, node, 'PUT', `${leases}/x`, 'system-node-high', 'node-high');
test(belongs, node, 'GET', pods, 'system-nodes', 'system');
test(belongs, manager, 'PUT', `${leases}/x`, 'system-leader-election', 'leader-election');
test(belongs, manager, 'PUT', '/api/v1/namespaces/a/endpoints/x', 'endpoint-controller', 'workload-high');
test(belongs, manager, 'DELETE', `${leases}/x`, 'kube-controller-manager', 'workload-high');
test(
  belongs,
  account('kube-system', 'x'),
  'PUT',
  '/api/v1/namespaces/a/configmaps/x',
  'workload-leader-election',
  'leader-election',
);
test(belongs, account('kube-system', 'x'), 'GET', pods, 'kube-system-service-accounts', 'workload-high');
test(belongs, account('a', 'x'), 'GET', pods, 'service-accounts', 'workload-low');
test(belongs, { name: 'jane', groups: [all] }, 'GET', '/api/v1/nodes', 'global-default', 'global-default');
test(belongs, { name: 'jane', groups: [] }, 'GET', pods, undefined, undefined);

test('orderFlows() leaves out flows without a level', (t) => {
  t.deepEqual(
    orderFlows(schemas, () => undefined),
    [],
  );
});
