import type { ResourceFacts } from '#lib/api/facts.ts';
import { groupFacts, resourceFacts } from '#lib/api/schema.ts';

/** A resource as discovery shows it: a built-in one, or what a CustomResourceDefinition makes. */
export type ServedResource = Pick<
  ResourceFacts,
  | 'group'
  | 'version'
  | 'kind'
  | 'plural'
  | 'singular'
  | 'scope'
  | 'verbs'
  | 'shortNames'
  | 'categories'
  | 'subresources'
  | 'storageVersionHash'
>;

export interface ServedGroup {
  /** '' for the core group. */
  readonly group: string;
  /** The preferred one first. */
  readonly versions: readonly string[];
}

/** Resources that the server brings along, in discovery order. */
export const builtInResources: readonly ServedResource[] = resourceFacts.filter(
  (resource) => resource.subresourceOnly !== true && resource.aggregated !== true,
);

/** Their groups, in discovery order, the core group among them. */
export const builtInGroups: readonly ServedGroup[] = groupFacts.map(({ group, versions }) => ({
  group,
  versions: versions.map(({ version }) => version),
}));
