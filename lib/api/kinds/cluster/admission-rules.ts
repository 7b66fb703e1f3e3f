// What requests a policy or a webhook is about, as both write it. Rule: pkg/apis/admissionregistration/validation.
import { at, child, duplicate, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import { wrongPathSegment } from '../../names.ts';
import type {
  MatchResources,
  NamedRuleWithOperations,
  RuleWithOperations,
} from '../../types/admissionregistration.v1.ts';
import type { LabelSelector, StatusCause } from '../../types/meta.v1.ts';
import { validateLabelSelector } from '../label-selector.ts';
import type { Mutable } from '../object.ts';

export function defaultMatchResources(resources: Mutable<MatchResources> | undefined): void {
  if (resources === undefined) return;
  resources.matchPolicy ??= 'Equivalent';
  resources.namespaceSelector ??= {};
  resources.objectSelector ??= {};
  for (const rule of [...(resources.resourceRules ?? []), ...(resources.excludeResourceRules ?? [])])
    rule.scope ??= '*';
}

export function validateMatchResources(resources: MatchResources | undefined, path: Path): StatusCause[] {
  if (resources === undefined) return [];
  const { matchPolicy, namespaceSelector, objectSelector, resourceRules, excludeResourceRules } = resources;
  return [
    ...oneOf(matchPolicy, ['Equivalent', 'Exact'], child(path, 'matchPolicy')),
    ...validateSelector(namespaceSelector, child(path, 'namespaceSelector')),
    ...validateSelector(objectSelector, child(path, 'objectSelector')),
    ...(resourceRules ?? []).flatMap((rule, index) => validateNamed(rule, at(child(path, 'resourceRules'), index))),
    ...(excludeResourceRules ?? []).flatMap((rule, index) =>
      validateNamed(rule, at(child(path, 'excludeResourceRules'), index)),
    ),
  ];
}

/** One of a few words; not there is wrong, too. */
export function oneOf(value: string | undefined, known: readonly string[], path: Path): StatusCause[] {
  if (!value) return [required(path)];
  return known.includes(value) ? [] : [notSupported(path, value, known)];
}

function validateSelector(selector: LabelSelector | undefined, path: Path): StatusCause[] {
  return selector === undefined ? [required(path)] : validateLabelSelector(selector, path);
}

function validateNamed(rule: NamedRuleWithOperations, path: Path): StatusCause[] {
  const names = rule.resourceNames ?? [];
  const causes = names.flatMap((name, index) => {
    const field = at(child(path, 'resourceNames'), index);
    const wrong = wrongPathSegment(name).map((message) => invalidValue(field, name, message));
    return names.indexOf(name) === index ? wrong : [...wrong, duplicate(field, name)];
  });
  return [...causes, ...validateRule(rule, path)];
}

export function validateRule(rule: RuleWithOperations, path: Path): StatusCause[] {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule;
  return [
    ...validateStarred(operations, 'operations', child(path, 'operations')),
    ...operations.flatMap((operation, index) => {
      if (allOperations.includes(operation)) return [];
      return [notSupported(at(child(path, 'operations'), index), operation, allOperations)];
    }),
    ...validateStarred(apiGroups, 'API groups', child(path, 'apiGroups')),
    ...validateStarred(apiVersions, 'API versions', child(path, 'apiVersions')),
    ...apiVersions.flatMap((one, index) => (one === '' ? [required(at(child(path, 'apiVersions'), index))] : [])),
    ...validateResources(resources, child(path, 'resources')),
    ...(scope === undefined || scopes.includes(scope) ? [] : [notSupported(child(path, 'scope'), scope, scopes)]),
  ];
}
const scopes = ['*', 'Cluster', 'Namespaced'];
const allOperations: readonly string[] = ['*', 'CREATE', 'UPDATE', 'DELETE', 'CONNECT'];
/** A policy that mutates has nothing to change in what is deleted. */
export const mutatingOperations = ['*', 'CREATE', 'UPDATE', 'CONNECT'];

function validateStarred(values: readonly string[], what: string, path: Path): StatusCause[] {
  if (values.length === 0) return [required(path)];
  if (values.length === 1 || !values.includes('*')) return [];
  return [invalidValue(path, values, `if '*' is present, must not specify other ${what}`)];
}

function validateResources(resources: readonly string[], path: Path): StatusCause[] {
  if (resources.length === 0) return [required(path)];
  const causes: StatusCause[] = [];
  const [allOf, inAll] = [new Set<string>(), new Set<string>()];
  for (const [index, text] of resources.entries()) {
    const field = at(path, index);
    const [resource = '', subresource] = text.split(/\/(.*)/s);
    if (text === '') {
      causes.push(required(field));
      continue;
    }
    if (subresource === undefined) continue;
    if (allOf.has(resource))
      causes.push(invalidValue(field, text, `if '${resource}/*' is present, must not specify ${text}`));
    if (inAll.has(subresource))
      causes.push(invalidValue(field, text, `if '*/${subresource}' is present, must not specify ${text}`));
    if (subresource === '*') allOf.add(resource);
    if (resource === '*') inAll.add(subresource);
  }
  if (resources.length > 1 && resources.includes('*/*'))
    causes.push(invalidValue(path, resources, "if '*/*' is present, must not specify other resources"));
  // Upstream goes by the last one without a subresource.
  const last = resources.findLast((text) => text !== '' && !text.includes('/'));
  if (resources.includes('*') && last !== undefined && last !== '*') {
    const why = "if '*' is present, must not specify other resources without subresources";
    causes.push(invalidValue(path, resources, why));
  }
  return causes;
}

/** Complains of operations that are none of these. */
export function onlyOperations(
  { resourceRules = [] }: MatchResources,
  operations: readonly string[],
  path: Path,
): StatusCause[] {
  const all = resourceRules.flatMap((rule) => rule.operations ?? []);
  const field = child(path, 'resourceRules', 'operations');
  return all.filter((one) => !operations.includes(one)).map((one) => notSupported(field, one, operations));
}
