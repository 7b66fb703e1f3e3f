// Which mistakes a stored pod or template has made. Pure. Rule: api/pod util, GetValidationOptionsFromPodSpecAndMeta.
import type { PodAffinity, PodAffinityTerm, PodSpec, PodTemplateSpec } from '../../types/core.v1.ts';
import { validateLabelSelector } from '../label-selector.ts';
import { containersAt } from '../warnings/containers.ts';
import { validateLabelKeys } from './label-keys.ts';
import type { PodLeniency } from './leniency.ts';
import { validatePages } from './resource-names.ts';
import { hostNamespaceOf } from './sysctls.ts';
import { hasWrongNodeValue } from './validate-affinity.ts';
import { cost, isCost } from './validate-annotations.ts';
import { validateLocalPath } from './validate-paths.ts';

interface Stored {
  readonly metadata?: PodTemplateSpec['metadata'] | undefined;
  readonly spec?: PodSpec | undefined;
}

/** `stored`: the pod or the template before the change. */
export function leniencyOf({ metadata, spec }: Stored = {}): PodLeniency {
  const anyCost = !isCost(metadata?.annotations?.[cost]);
  if (spec === undefined) return { anyCost };
  const spread = spec.topologySpreadConstraints ?? [];
  const ownUsers = spec.hostUsers === false;
  return {
    anyCost,
    brokenPages: hasBrokenPages(spec),
    anyLabelValue: podTermsOf(spec).some(isWrongTerm),
    anyNodeLabelValue: hasWrongNodeValue(neededTermsOf(spec)),
    anySpreadSelector: spread.some(({ labelSelector }) => validateLabelSelector(labelSelector, '').length > 0),
    anySpreadKeys: spread.some((one) => validateLabelKeys(one, '').length > 0),
    anyTokenPath: tokenPathsOf(spec).some((path) => validateLocalPath(path, '').length > 0),
    hostSysctls: (spec.securityContext?.sysctls ?? []).some(
      ({ name }) => hostNamespaceOf(name ?? '', spec) !== undefined,
    ),
    mappedDevices: ownUsers && containersAt(spec, '').some(([{ volumeDevices = [] }]) => volumeDevices.length > 0),
    mappedHostNetwork: ownUsers && spec.hostNetwork === true,
  };
}

function hasBrokenPages(spec: PodSpec): boolean {
  const amounts = containersAt(spec, '').flatMap(([{ resources }]) => [resources?.requests, resources?.limits]);
  return [...amounts, spec.overhead].some((list) =>
    Object.entries(list ?? {}).some(([name, amount]) => validatePages(name, amount, '').length > 0),
  );
}

function podTermsOf({ affinity }: PodSpec): readonly (PodAffinityTerm | undefined)[] {
  const of = (one: PodAffinity | undefined) => [
    ...(one?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(one?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ];
  return [...of(affinity?.podAffinity), ...of(affinity?.podAntiAffinity)];
}

function isWrongTerm(term: PodAffinityTerm | undefined): boolean {
  const selectors = [term?.labelSelector, term?.namespaceSelector];
  return selectors.some((selector) => validateLabelSelector(selector, '').length > 0);
}

function neededTermsOf({ affinity }: PodSpec) {
  return affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
}

function tokenPathsOf({ volumes = [] }: PodSpec): readonly string[] {
  const sources = volumes.flatMap(({ projected }) => projected?.sources ?? []);
  return sources.flatMap(({ serviceAccountToken: token }) => (token === undefined ? [] : [token.path ?? '']));
}
