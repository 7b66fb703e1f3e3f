import type { ServedGroup } from '#lib/api/discovery/served.ts';
import { apiServices } from '#lib/api/resources.ts';
import type { APIService } from '#lib/api/types/apiregistration.v1.ts';
import type { Registry } from '../registry/registry.ts';
import type { Catalog } from '../routes/catalog.ts';
import type { Availability } from './availability.ts';
import { isAvailable } from './remote.ts';

/** The catalog with what extension API servers serve: the same one as long as nothing has changed. */
export function withRemote(
  catalog: () => Catalog,
  availability: Availability,
  registry: Pick<Registry, 'reader'>,
): () => Catalog {
  const reader = registry.reader(apiServices);
  let known: { readonly of: Catalog; readonly generation: number; readonly value: Catalog } | undefined;
  reader.onChange((now, before) => {
    if (now?.spec?.service !== undefined || before?.spec?.service !== undefined) known = undefined;
  });
  return () => {
    const [of, { generation }] = [catalog(), availability];
    if (known?.of !== of || known.generation !== generation) {
      const remote = reader.list().filter(({ spec }) => spec?.service !== undefined);
      known = { of, generation, value: remote.length === 0 ? of : joined(of, remote, availability) };
    }
    return known.value;
  };
}

function joined(catalog: Catalog, remote: readonly APIService[], { resources, documents }: Availability): Catalog {
  return {
    ...catalog,
    groups: joinGroups(catalog.groups, remote),
    documents: remote.filter(isAvailable).flatMap(({ metadata }) => documents.get(metadata.name) ?? []),
    resources: [...catalog.resources, ...remote.flatMap(({ metadata }) => resources.get(metadata.name) ?? [])],
  };
}

/** Groups by their priority, those of the server itself first; within a group versions by theirs. Pure. */
export function joinGroups(groups: readonly ServedGroup[], remote: readonly APIService[]): readonly ServedGroup[] {
  const ordered = remote.toSorted(
    (a, b) =>
      b.spec.groupPriorityMinimum - a.spec.groupPriorityMinimum ||
      b.spec.versionPriority - a.spec.versionPriority ||
      (a.metadata.name < b.metadata.name ? -1 : 1),
  );
  const joined = new Map(groups.map(({ group, versions }) => [group, [...versions]]));
  for (const { spec } of ordered) {
    const { group = '', version = '' } = spec;
    const versions = joined.get(group) ?? [];
    if (!versions.includes(version)) versions.push(version);
    joined.set(group, versions);
  }
  return [...joined].map(([group, versions]) => ({ group, versions }));
}
