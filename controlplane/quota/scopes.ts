// Which objects a quota is about. Rule: Resource Quotas, "Quota scopes".
import { qosClassOf } from '#lib/api/kinds/pod/qos.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import type {
  PersistentVolumeClaim,
  Pod,
  PodAffinityTerm,
  ResourceQuota,
  ScopedResourceSelectorRequirement,
} from '#lib/api/types/core.v1.ts';
import type { Counted } from './usage.ts';

/** Whether `quota` is about `object`: all its scopes must be. */
export function isInScope({ spec }: ResourceQuota, { group, resource }: Counted, object: KubeObject): boolean {
  const scopes: readonly ScopedResourceSelectorRequirement[] = [
    ...(spec.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' as const })),
    ...(spec.scopeSelector?.matchExpressions ?? []),
  ];
  if (scopes.length === 0) return true;
  if (group !== '') return false;
  if (resource === 'pods') return scopes.every((scope) => isPodIn(scope, object as Pod));
  if (resource === 'persistentvolumeclaims') {
    return scopes.every((scope) => isClaimIn(scope, object as PersistentVolumeClaim));
  }
  return false;
}

function isPodIn(scope: ScopedResourceSelectorRequirement, { spec }: Pod): boolean {
  switch (scope.scopeName) {
    case 'Terminating':
      return spec.activeDeadlineSeconds !== undefined;
    case 'NotTerminating':
      return spec.activeDeadlineSeconds === undefined;
    case 'BestEffort':
      return qosClassOf(spec) === 'BestEffort';
    case 'NotBestEffort':
      return qosClassOf(spec) !== 'BestEffort';
    case 'PriorityClass':
      return matches(scope, spec.priorityClassName);
    case 'CrossNamespacePodAffinity':
      return reachesOut(spec);
    default:
      return false;
  }
}

function isClaimIn(scope: ScopedResourceSelectorRequirement, { spec, status }: PersistentVolumeClaim): boolean {
  if (scope.scopeName !== 'VolumeAttributesClass') return false;
  const { currentVolumeAttributesClassName: current, modifyVolumeStatus } = status ?? {};
  const names = [spec?.volumeAttributesClassName, current, modifyVolumeStatus?.targetVolumeAttributesClassName];
  const named = names.filter((name) => name !== undefined && name !== '');
  return named.length === 0 ? matches(scope, undefined) : named.some((name) => matches(scope, name));
}

function matches({ operator, values = [] }: ScopedResourceSelectorRequirement, name: string | undefined): boolean {
  const isThere = name !== undefined && name !== '';
  switch (operator) {
    case 'Exists':
      return isThere;
    case 'DoesNotExist':
      return !isThere;
    case 'In':
      return isThere && values.includes(name);
    case 'NotIn':
      return !isThere || !values.includes(name);
    default:
      return false;
  }
}

/** Whether an affinity looks into other namespaces, or says which. */
function reachesOut({ affinity }: Pod['spec']): boolean {
  const { podAffinity, podAntiAffinity } = affinity ?? {};
  const terms: readonly PodAffinityTerm[] = [podAffinity, podAntiAffinity].flatMap((one) => [
    ...(one?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(one?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(
      ({ podAffinityTerm }) => podAffinityTerm ?? [],
    ),
  ]);
  return terms.some(
    ({ namespaces, namespaceSelector }) => (namespaces?.length ?? 0) > 0 || namespaceSelector !== undefined,
  );
}
