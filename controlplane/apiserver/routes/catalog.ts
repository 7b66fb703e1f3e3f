// What the API consists of at the moment: what the server brings along, and what definitions add.
import { builtInGroups, builtInResources, type ServedGroup, type ServedResource } from '#lib/api/discovery/served.ts';
import type { RemoteDocument } from '../aggregation/documents.ts';
import { compareVersions } from '../customresources/resource.ts';
import type { Registry } from '../registry/registry.ts';

export interface Catalog {
  readonly groups: readonly ServedGroup[];
  readonly resources: readonly ServedResource[];
  /** Those that definitions add. */
  readonly customGroups: readonly ServedGroup[];
  readonly custom: readonly ServedResource[];
  /** What extension API servers publish in OpenAPI. */
  readonly documents?: readonly RemoteDocument[];
}

/** Returns the catalog as it is now: the same one as long as nothing has changed. */
export function createCatalog({ extensions }: Pick<Registry, 'extensions'>): () => Catalog {
  let known: Catalog | undefined;
  let generation = -1;
  return () => {
    if (known !== undefined && generation === extensions.generation) return known;
    generation = extensions.generation;
    const custom = extensions.resources;
    const customGroups = groupsOf(custom);
    const names = new Set(builtInGroups.map(({ group }) => group));
    const added = customGroups.filter(({ group }) => !names.has(group));
    known = {
      groups: [...builtInGroups, ...added],
      resources: [...builtInResources, ...custom],
      customGroups,
      custom,
    };
    return known;
  };
}

function groupsOf(resources: readonly ServedResource[]): readonly ServedGroup[] {
  const byGroup = new Map<string, Set<string>>();
  for (const { group, version } of resources) {
    byGroup.set(group, (byGroup.get(group) ?? new Set()).add(version));
  }
  return [...byGroup]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, versions]) => ({ group, versions: [...versions].sort(compareVersions) }));
}
