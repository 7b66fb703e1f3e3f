import type { PolicyRule } from '#lib/api/types/rbac.v1.ts';
import type { Attributes } from './attributes.ts';

/** Whether `rule` alone allows what `attributes` ask. Rule: RBAC, k8s.io/kubernetes plugin/pkg/auth/authorizer/rbac. */
export function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!has(rule.verbs, attributes.verb)) return false;
  if (!attributes.isResource) return (rule.nonResourceURLs ?? []).some((url) => urlMatches(url, attributes.path));
  return (
    has(rule.apiGroups, attributes.group) && resourceMatches(rule, attributes) && nameMatches(rule, attributes.name)
  );
}

export function rulesAllow(rules: readonly PolicyRule[] | undefined, attributes: Attributes): boolean {
  return rules?.some((rule) => ruleAllows(rule, attributes)) ?? false;
}

function has(list: readonly string[] | undefined, value: string): boolean {
  return list !== undefined && (list.includes(value) || list.includes('*'));
}

function resourceMatches({ resources = [] }: PolicyRule, { resource, subresource }: Attributes): boolean {
  const whole = subresource === '' ? resource : `${resource}/${subresource}`;
  if (resources.includes('*') || resources.includes(whole)) return true;
  return subresource !== '' && resources.includes(`*/${subresource}`);
}

function nameMatches({ resourceNames }: PolicyRule, name: string): boolean {
  return resourceNames === undefined || resourceNames.length === 0 || resourceNames.includes(name);
}

function urlMatches(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === path) return true;
  return pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1));
}

/**
 * The parts of `wanted` that `owned` does not cover: nobody may grant what they have not.
 * Rule: k8s.io/component-helpers auth/rbac/validation, Covers: each part of a rule must be covered by one whole rule.
 */
export function uncovered(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): readonly PolicyRule[] {
  return wanted.flatMap(breakdown).filter((part) => !owned.some((rule) => covers(rule, part)));
}

/** Each verb on each resource of each group under each name by itself. */
function breakdown(rule: PolicyRule): readonly PolicyRule[] {
  const parts: PolicyRule[] = [];
  for (const verb of rule.verbs) {
    for (const url of rule.nonResourceURLs ?? []) parts.push({ verbs: [verb], nonResourceURLs: [url] });
    for (const group of rule.apiGroups ?? []) {
      for (const resource of rule.resources ?? []) {
        const part = { verbs: [verb], apiGroups: [group], resources: [resource] };
        const names = rule.resourceNames ?? [];
        if (names.length === 0) parts.push(part);
        for (const name of names) parts.push({ ...part, resourceNames: [name] });
      }
    }
  }
  return parts;
}

function covers(rule: PolicyRule, part: PolicyRule): boolean {
  if (!has(rule.verbs, part.verbs[0]!)) return false;
  const url = part.nonResourceURLs?.[0];
  if (url !== undefined) return (rule.nonResourceURLs ?? []).some((own) => own === url || urlMatches(own, url));
  const [resource = '', subresource] = part.resources![0]!.split('/');
  const hasResource =
    (rule.resources ?? []).some((own) => own === '*' || own === part.resources![0]) ||
    (subresource !== undefined && resource !== '*' && (rule.resources ?? []).includes(`*/${subresource}`));
  return has(rule.apiGroups, part.apiGroups![0]!) && hasResource && nameMatches(rule, part.resourceNames?.[0] ?? '');
}
