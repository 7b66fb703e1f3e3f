import type { ServedResource } from '#lib/api/discovery/served.ts';
import type { APIResource, APIResourceList } from '#lib/api/types/meta.v1.ts';

/** A discovery document the other way round: what it says is served. Pure. */
export function resourcesIn(list: APIResourceList, group: string, version: string): readonly ServedResource[] {
  const all = list.resources ?? [];
  return all
    .filter(({ name }) => !name.includes('/'))
    .map((resource) => ({
      ...kindOf(resource, group, version),
      plural: resource.name,
      singular: resource.singularName,
      scope: resource.namespaced ? 'Namespaced' : 'Cluster',
      verbs: resource.verbs as ServedResource['verbs'],
      shortNames: resource.shortNames ?? [],
      categories: resource.categories ?? [],
      ...(resource.storageVersionHash ? { storageVersionHash: resource.storageVersionHash } : {}),
      subresources: all
        .filter(({ name }) => name.startsWith(`${resource.name}/`))
        .map((one) => ({
          name: one.name.slice(resource.name.length + 1),
          kind: one.kind,
          ...(one.group ? { group: one.group } : {}),
          ...(one.version ? { version: one.version } : {}),
          verbs: one.verbs as ServedResource['verbs'],
        })) as ServedResource['subresources'],
    }));
}

function kindOf({ kind }: APIResource, group: string, version: string) {
  return { group, version, kind };
}
