import { at, child, invalidValue, type Path, required } from '../../field-errors.ts';
import type { ResourceQuota, ResourceQuotaSpec, ScopedResourceSelectorRequirement } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { isSame } from '../equal.ts';
import { roundResources } from '../pod/container-defaults.ts';
import { validateAmount, validateResourceName } from '../pod/resource-names.ts';

export const resourceQuota: KindParts<ResourceQuota> = {
  defaults({ spec }) {
    roundResources(spec?.hard);
  },
  validate: ({ spec }) => validateQuota(spec ?? {}),
  validateUpdate: (next, previous) => [
    ...validateQuota(next.spec ?? {}),
    ...(isSame([...new Set(next.spec?.scopes)].sort(), [...new Set(previous.spec?.scopes)].sort())
      ? []
      : [invalidValue('spec.scopes', next.spec?.scopes ?? [], 'field is immutable')]),
  ],
  validateStatus: ({ status }) =>
    (['hard', 'used'] as const).flatMap((list) =>
      Object.entries(status?.[list] ?? {})
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([name, amount]) => validateHard(name, amount, at(`status.${list}`, name))),
    ),
  columns: columns(['Name', 'Request', 'Limit', '@Age']),
  row({ metadata, status }, nowMs) {
    const hard = status?.hard ?? {};
    const shown = (isLimit: boolean) =>
      Object.keys(hard)
        .filter((name) => name.startsWith('limits.') === isLimit)
        .sort()
        .map((name) => `${name}: ${status?.used?.[name] ?? '0'}/${hard[name]}`)
        .join(', ');
    return [metadata.name, shown(false), shown(true), ageOf(metadata, nowMs)];
  },
};

const computed = ['cpu', 'memory', 'ephemeral-storage'];
const ofPods = new Set([...computed, ...computed.flatMap((name) => [`requests.${name}`, `limits.${name}`]), 'pods']);
const counted = new Set([
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]);
const standard = new Set([...ofPods, ...counted, 'requests.storage']);

/** Rule: core validation ValidateResourceQuotaSpec. */
function validateQuota(spec: ResourceQuotaSpec): StatusCause[] {
  const names = Object.keys(spec.hard ?? {}).sort();
  return [
    ...names.flatMap((name) => validateHard(name, spec.hard![name]!, at('spec.hard', name))),
    ...validateScopes(spec.scopes ?? [], names),
    ...validateSelector(spec, names),
  ];
}

function validateHard(name: string, amount: string, path: Path): StatusCause[] {
  const causes = validateResourceName(name, path);
  const isHuge = /^(requests\.)?hugepages-/.test(name);
  if (!name.includes('/') && !standard.has(name) && !isHuge) {
    causes.push(invalidValue(path, name, 'must be a standard resource for quota'));
  }
  return [...causes, ...validateAmount(name, amount, path)];
}

const existing = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating'];
const scopes = new Set([...existing, 'PriorityClass', 'CrossNamespacePodAffinity', 'VolumeAttributesClass']);
const contrary = [existing.slice(0, 2), existing.slice(2)];

function validateScopes(wanted: readonly string[], names: readonly string[]): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const scope of wanted) {
    if (!scopes.has(scope)) causes.push(invalidValue('spec.scopes', wanted, 'unsupported scope'));
    const wrong = names.filter((name) => standard.has(name) && !mayCount(scope, name));
    causes.push(...wrong.map(() => invalidValue('spec.scopes', wanted, 'unsupported scope applied to resource')));
  }
  const pairs = contrary.filter((pair) => pair.every((scope) => wanted.includes(scope)));
  return [...causes, ...pairs.map(() => invalidValue('spec.scopes', wanted, 'conflicting scopes'))];
}

/** What pods use can be counted by the pods' properties; of those without requests, only their number. */
function mayCount(scope: string, name: string): boolean {
  if (scope === 'BestEffort') return name === 'pods';
  if (scope === 'CrossNamespacePodAffinity') return ofPods.has(name);
  if (scope === 'VolumeAttributesClass') return name === 'persistentvolumeclaims' || name === 'requests.storage';
  return !scopes.has(scope) || ofPods.has(name);
}

function validateSelector(
  { scopeSelector, scopes: plain }: ResourceQuotaSpec,
  names: readonly string[],
): StatusCause[] {
  const path = 'spec.scopeSelector.matchExpressions';
  const all = scopeSelector?.matchExpressions ?? [];
  const causes = all.flatMap((one) => {
    const wrong = names.filter((name) => standard.has(name) && !mayCount(one.scopeName, name));
    return [
      ...validateScopeName(one, path),
      ...wrong.map(() => invalidValue(path, scopeSelector, 'unsupported scope applied to resource')),
      ...validateRequirement(one, path),
    ];
  });
  const wanted: readonly string[] = all.map(({ scopeName }) => scopeName);
  const pairs = contrary.filter((pair) => pair.every((scope) => wanted.includes(scope)));
  return [...causes, ...pairs.map(() => invalidValue(path, plain, 'conflicting scopes'))];
}

function validateScopeName({ scopeName }: ScopedResourceSelectorRequirement, path: Path): StatusCause[] {
  return scopes.has(scopeName) ? [] : [invalidValue(child(path, 'scopeName'), scopeName, 'unsupported scope')];
}

const mustExist =
  "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
const onlyExists: readonly string[] = [...existing, 'CrossNamespacePodAffinity'];

function validateRequirement(
  { scopeName, operator, values = [] }: ScopedResourceSelectorRequirement,
  path: Path,
): StatusCause[] {
  const causes: StatusCause[] = [];
  if (onlyExists.includes(scopeName) && operator !== 'Exists') {
    causes.push(invalidValue(child(path, 'operator'), operator, mustExist));
  }
  const field = child(path, 'values');
  if (operator === 'In' || operator === 'NotIn') {
    const detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
    if (values.length === 0) causes.push(required(field, detail));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    const detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
    if (values.length > 0) causes.push(invalidValue(field, values, detail));
  } else {
    causes.push(invalidValue(child(path, 'operator'), operator, 'not a valid selector operator'));
  }
  return causes;
}
