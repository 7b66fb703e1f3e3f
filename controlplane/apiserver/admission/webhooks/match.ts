// Which requests a webhook, or a policy, is about. Pure. Rule: k8s.io/apiserver admission/plugin/webhook, rules and predicates.
import type { KubeObject } from '#lib/api/resource.ts';
import { matchesLabels, type Selector } from '#lib/api/selectors/labels.ts';
import type { RuleWithOperations } from '#lib/api/types/admissionregistration.v1.ts';
import type { Attributes, Equivalent } from '../admission.ts';

export type Subject = Pick<
  Attributes,
  | 'operation'
  | 'group'
  | 'version'
  | 'kind'
  | 'resource'
  | 'subresource'
  | 'namespace'
  | 'name'
  | 'object'
  | 'oldObject'
  | 'equivalents'
>;

export interface Wanted {
  readonly rules: readonly RuleWithOperations[];
  readonly matchPolicy: 'Equivalent' | 'Exact';
  readonly namespaceSelector: Selector;
  readonly objectSelector: Selector;
}

/** As what a request matches: as itself, or as an equivalent. */
export type Match = { readonly as: 'itself' } | { readonly as: 'equivalent'; readonly equivalent: Equivalent };

/**
 * Undefined: the request is none of its business.
 * `namespaceLabels` is asked only where they matter, and may throw NotFound.
 */
export function matchOf(
  subject: Subject,
  { rules, matchPolicy, namespaceSelector, objectSelector }: Wanted,
  namespaceLabels: (name: string) => Readonly<Record<string, string>> | undefined,
): Match | undefined {
  const match = byRules(subject, rules, matchPolicy);
  if (match === undefined || !hasObject(subject, objectSelector)) return undefined;
  if (namespaceSelector.length === 0 || subject.namespace === '') return match;
  const labels = isNamespaceItself(subject) ? ownLabels(subject) : undefined;
  return matchesLabels(namespaceSelector, labels ?? namespaceLabels(subject.namespace)) ? match : undefined;
}

function byRules(
  subject: Subject,
  rules: readonly RuleWithOperations[],
  policy: Wanted['matchPolicy'],
): Match | undefined {
  if (rules.some((rule) => matchesRule(subject, rule))) return { as: 'itself' };
  if (policy === 'Exact') return undefined;
  const equivalent = subject.equivalents?.find((other) =>
    rules.some((rule) => matchesRule({ ...subject, ...other }, rule)),
  );
  return equivalent === undefined ? undefined : { as: 'equivalent', equivalent };
}

export function matchesRule(subject: Subject, rule: RuleWithOperations): boolean {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [], scope = '*' } = rule;
  return (
    isOneOf(operations, subject.operation) &&
    isOneOf(apiGroups, subject.group) &&
    isOneOf(apiVersions, subject.version) &&
    isInScope(subject, scope) &&
    resources.some((pattern) => isResource(subject, pattern))
  );
}

function isOneOf(items: readonly string[], item: string): boolean {
  return items.includes('*') || items.includes(item);
}

function isResource({ resource, subresource }: Subject, pattern: string): boolean {
  const [name, sub = ''] = pattern.split('/', 2);
  return (name === '*' || name === resource) && (sub === '*' || sub === subresource);
}

/** A namespace itself is cluster-scoped, though its requests carry its name as their namespace. */
function isInScope(subject: Subject, scope: string): boolean {
  if (scope === '*') return true;
  const isNamespaced = subject.namespace !== '' && !(subject.group === '' && subject.resource === 'namespaces');
  return isNamespaced === (scope === 'Namespaced');
}

function isNamespaceItself({ group, resource, subresource }: Subject): boolean {
  return group === '' && resource === 'namespaces' && subresource === '';
}

/** A namespace that is made or changed counts as it will be. */
function ownLabels({ operation, object }: Subject): Readonly<Record<string, string>> | undefined {
  return operation === 'CREATE' || operation === 'UPDATE' ? (object?.metadata?.labels ?? {}) : undefined;
}

function hasObject({ object, oldObject }: Subject, selector: Selector): boolean {
  if (selector.length === 0) return true;
  const matches = (one: Pick<KubeObject, 'metadata'> | undefined): boolean =>
    one?.metadata !== undefined && matchesLabels(selector, one.metadata.labels);
  return matches(object) || matches(oldObject);
}

/** What decides on admission is not itself subject to it: a cluster could not be helped any more. */
export function isExempt({ group, resource }: Subject): boolean {
  return group === 'admissionregistration.k8s.io' && exempt.has(resource);
}
const exempt: ReadonlySet<string> = new Set([
  'mutatingwebhookconfigurations',
  'validatingwebhookconfigurations',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
]);
