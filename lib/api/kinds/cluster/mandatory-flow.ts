// What every server must be able to go by when it has too much to do: of these objects nobody changes the spec. Pure.
// Rule: apiserver apis/flowcontrol/bootstrap, mandatory objects.
import type {
  FlowSchemaSpec,
  PolicyRulesWithSubjects,
  PriorityLevelConfigurationSpec,
} from '../../types/flowcontrol.v1.ts';

/** Any request of who is in one of `groups`. */
export function anythingOf(...groups: readonly string[]): PolicyRulesWithSubjects {
  return { subjects: groups.map((name) => ({ kind: 'Group', group: { name } })), ...anything };
}

/** Any request at all. */
export const anything = {
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
} as const;

export const everybody = ['system:unauthenticated', 'system:authenticated'] as const;

export const mandatoryLevels: ReadonlyMap<string, PriorityLevelConfigurationSpec> = new Map([
  ['exempt', { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } }],
  [
    'catch-all',
    {
      type: 'Limited',
      limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: 'Reject' } },
    },
  ],
]);

export const mandatorySchemas: ReadonlyMap<string, FlowSchemaSpec> = new Map([
  [
    'exempt',
    {
      priorityLevelConfiguration: { name: 'exempt' },
      matchingPrecedence: 1,
      rules: [anythingOf('system:masters')],
    },
  ],
  [
    'catch-all',
    {
      priorityLevelConfiguration: { name: 'catch-all' },
      matchingPrecedence: 10_000,
      distinguisherMethod: { type: 'ByUser' },
      rules: [anythingOf(...everybody)],
    },
  ],
]);
