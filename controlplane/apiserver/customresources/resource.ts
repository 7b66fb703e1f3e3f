// A definition's versions as resources. Pure.
import type { ResourceFacts, SubresourceFacts } from '#lib/api/facts.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '#lib/api/types/apiextensions.v1.ts';

export type Definition = CustomResourceDefinition;
export type Version = CustomResourceDefinitionVersion;

/** The names under which the definition is served: those that nobody else had before. */
export function acceptedNames({ spec, status }: Definition) {
  const names = status?.acceptedNames?.plural ? status.acceptedNames : spec.names;
  return names ?? { plural: '', kind: '' };
}

/** One version as discovery shows it. */
export function factsOf(definition: Definition, { name: version, subresources }: Version): ResourceFacts {
  const { group, scope } = definition.spec;
  const { plural, kind, singular, listKind, shortNames = [], categories = [] } = acceptedNames(definition);
  const parts: readonly SubresourceFacts[] = [
    ...(subresources?.status === undefined ? [] : [{ name: 'status', kind, verbs: changing }]),
    ...(subresources?.scale === undefined
      ? []
      : [{ name: 'scale', group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: changing }]),
  ];
  return {
    group,
    version,
    kind,
    plural,
    singular: singular || kind.toLowerCase(),
    listKind: listKind || `${kind}List`,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
    scope: scope === 'Namespaced' ? 'Namespaced' : 'Cluster',
    verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
    subresources: parts,
    stability: 'GA',
    served: [],
  };
}
const changing = ['get', 'patch', 'update'];

export function storageVersionOf({ spec }: Definition): Version | undefined {
  return spec.versions.find(({ storage }) => storage);
}

/**
 * Negative if `a` comes before `b`: released versions before betas before alphas, newer ones first, names of no such form
 * last. Rule: CustomResourceDefinition versions, "Version priority".
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [rankOf(a), rankOf(b)];
  for (const [index, one] of left.entries()) if (one !== right[index]) return right[index]! - one;
  return a < b ? -1 : a > b ? 1 : 0;
}

function rankOf(version: string): readonly [stability: number, major: number, minor: number] {
  const [, major, stage, minor] = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version) ?? [];
  if (major === undefined) return [0, 0, 0];
  return [stage === undefined ? 3 : stage === 'beta' ? 2 : 1, Number(major), Number(minor ?? 0)];
}
