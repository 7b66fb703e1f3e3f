import { selectorOf } from '#lib/api/selectors/labels.ts';
import type { MatchResources, NamedRuleWithOperations } from '#lib/api/types/admissionregistration.v1.ts';
import { type Match, matchesRule, matchOf, type Subject } from '../webhooks/match.ts';

/** As what a request matches the resources of a policy or of a binding; where these name no rules, all do. Pure. */
export function matchResources(
  subject: Subject,
  resources: MatchResources | undefined,
  namespaceLabels: (name: string) => Readonly<Record<string, string>> | undefined,
): Match | undefined {
  if (resources === undefined) return { as: 'itself' };
  const { resourceRules, excludeResourceRules = [], matchPolicy = 'Equivalent' } = resources;
  if (excludeResourceRules.some((rule) => isNamed(subject, rule) && matchesRule(subject, rule))) return undefined;
  const rules = resourceRules === undefined || resourceRules.length === 0 ? [everything] : resourceRules;
  return matchOf(
    subject,
    {
      rules: rules.filter((rule) => isNamed(subject, rule)),
      matchPolicy,
      namespaceSelector: selectorOf(resources.namespaceSelector) ?? [],
      objectSelector: selectorOf(resources.objectSelector) ?? [],
    },
    namespaceLabels,
  );
}
const everything: NamedRuleWithOperations = {
  operations: ['*'],
  apiGroups: ['*'],
  apiVersions: ['*'],
  resources: ['*', '*/*'],
};

function isNamed({ name }: Subject, { resourceNames = [] }: NamedRuleWithOperations): boolean {
  return resourceNames.length === 0 || resourceNames.includes(name);
}
