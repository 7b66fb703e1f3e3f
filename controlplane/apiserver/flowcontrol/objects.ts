// The levels and flows that every cluster has from its first start, as data. Pure.
// Rule: apiserver apis/flowcontrol/bootstrap, mandatory and suggested objects.
import {
  anything,
  anythingOf,
  everybody,
  mandatoryLevels,
  mandatorySchemas,
} from '#lib/api/kinds/cluster/mandatory-flow.ts';
import type {
  FlowSchemaSpec,
  PolicyRulesWithSubjects,
  PriorityLevelConfigurationSpec,
  Subject,
} from '#lib/api/types/flowcontrol.v1.ts';

export interface WantedSpec<T> {
  readonly name: string;
  readonly spec: T;
  /** What people say of it does not count. */
  readonly isMandatory: boolean;
}

/** Sorted so that a flow finds its level. */
export const wantedLevels: readonly WantedSpec<PriorityLevelConfigurationSpec>[] = [
  ...[...mandatoryLevels].map(([name, spec]) => ({ name, spec, isMandatory: true })),
  level('system', { shares: 30, lendable: 33, queues: 64 }),
  level('node-high', { shares: 40, lendable: 25, queues: 64 }),
  level('leader-election', { shares: 10, lendable: 0, queues: 16, handSize: 4 }),
  level('workload-high', { shares: 40, lendable: 50, queues: 128 }),
  level('workload-low', { shares: 100, lendable: 90, queues: 128 }),
  level('global-default', { shares: 20, lendable: 50, queues: 128 }),
];

function level(
  name: string,
  { shares, lendable, queues, handSize = 6 }: Record<'shares' | 'lendable' | 'queues', number> & { handSize?: number },
): WantedSpec<PriorityLevelConfigurationSpec> {
  const queuing = { queues, handSize, queueLengthLimit: 50 };
  const limited = {
    nominalConcurrencyShares: shares,
    lendablePercent: lendable,
    limitResponse: { type: 'Queue', queuing },
  };
  return { name, spec: { type: 'Limited', limited }, isMandatory: false };
}

const nodes = 'system:nodes';
const [controllers, scheduler] = ['system:kube-controller-manager', 'system:kube-scheduler'];
const elections = ['get', 'create', 'update'];

export const wantedSchemas: readonly WantedSpec<FlowSchemaSpec>[] = [
  ...[...mandatorySchemas].map(([name, spec]) => ({ name, spec, isMandatory: true })),
  schema('probes', 'exempt', 2, undefined, {
    subjects: everybody.map((name) => ({ kind: 'Group', group: { name } })),
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
  }),
  schema('system-leader-election', 'leader-election', 100, 'ByUser', {
    subjects: [...users(controllers, scheduler), ...systemAccounts('*')],
    resourceRules: [resources(elections, 'coordination.k8s.io', 'leases')],
  }),
  // Before the next one: these are no elections.
  schema('endpoint-controller', 'workload-high', 150, 'ByUser', {
    subjects: [...users(controllers), ...systemAccounts('endpoint-controller', 'endpointslicemirroring-controller')],
    resourceRules: [resources(elections, '', 'endpoints')],
  }),
  schema('workload-leader-election', 'leader-election', 200, 'ByUser', {
    subjects: systemAccounts('*'),
    resourceRules: [
      resources(elections, '', 'endpoints', 'configmaps'),
      resources(elections, 'coordination.k8s.io', 'leases'),
    ],
  }),
  schema('system-node-high', 'node-high', 400, 'ByUser', {
    subjects: [{ kind: 'Group', group: { name: nodes } }],
    resourceRules: [
      { ...resources(['*'], '', 'nodes', 'nodes/status'), clusterScope: true },
      resources(['*'], 'coordination.k8s.io', 'leases'),
    ],
  }),
  schema('system-nodes', 'system', 500, 'ByUser', anythingOf(nodes)),
  schema('kube-controller-manager', 'workload-high', 800, 'ByNamespace', {
    subjects: users(controllers),
    ...anything,
  }),
  schema('kube-scheduler', 'workload-high', 800, 'ByNamespace', { subjects: users(scheduler), ...anything }),
  schema('kube-system-service-accounts', 'workload-high', 900, 'ByNamespace', {
    subjects: systemAccounts('*'),
    ...anything,
  }),
  schema('service-accounts', 'workload-low', 9000, 'ByUser', anythingOf('system:serviceaccounts')),
  schema('global-default', 'global-default', 9900, 'ByUser', anythingOf(...everybody)),
];

function schema(
  name: string,
  levelName: string,
  matchingPrecedence: number,
  method: 'ByUser' | 'ByNamespace' | undefined,
  rule: PolicyRulesWithSubjects,
): WantedSpec<FlowSchemaSpec> {
  const spec = {
    priorityLevelConfiguration: { name: levelName },
    matchingPrecedence,
    ...(method === undefined ? {} : { distinguisherMethod: { type: method } }),
    rules: [rule],
  };
  return { name, spec, isMandatory: false };
}

function users(...names: readonly string[]): readonly Subject[] {
  return names.map((name) => ({ kind: 'User', user: { name } }));
}

function systemAccounts(...names: readonly string[]): readonly Subject[] {
  return names.map((name) => ({ kind: 'ServiceAccount', serviceAccount: { namespace: 'kube-system', name } }));
}

function resources(verbs: readonly string[], apiGroup: string, ...names: readonly string[]) {
  return { verbs, apiGroups: [apiGroup], resources: names, namespaces: ['*'] };
}
