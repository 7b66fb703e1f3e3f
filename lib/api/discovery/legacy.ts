// Discovery as it always was: one document a group, and one a group and version.
import { apiVersionOf } from '#lib/api/resource.ts';
import type { APIGroup, APIGroupList, APIResource, APIResourceList, APIVersions } from '#lib/api/types/meta.v1.ts';
import type { ServedGroup, ServedResource } from './served.ts';

/** `/api`. `serverAddress`: host and port under which clients reach the server. */
export function apiVersionsDocument(serverAddress: string): APIVersions {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

/** `/apis`. The core group is not in it. */
export function groupListDocument(groups: readonly ServedGroup[]): APIGroupList {
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.filter(({ group }) => group !== '').map(describeGroup),
  };
}

/** `/apis/GROUP` */
export function groupDocument(group: ServedGroup): APIGroup {
  return { kind: 'APIGroup', apiVersion: 'v1', ...describeGroup(group) };
}

function describeGroup({ group, versions }: ServedGroup): APIGroup {
  const all = versions.map((version) => ({ groupVersion: apiVersionOf({ group, version }), version }));
  return { name: group, versions: all, ...(all[0] === undefined ? {} : { preferredVersion: all[0] }) };
}

/** `/api/v1` and `/apis/GROUP/VERSION`. `resources` may hold more than those of this version. */
export function resourceListDocument(
  { group, version }: { readonly group: string; readonly version: string },
  resources: readonly ServedResource[],
): APIResourceList {
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }), // upstream leaves it out for the core group
    groupVersion: apiVersionOf({ group, version }),
    resources: resources
      .filter((resource) => resource.group === group && resource.version === version)
      .flatMap((resource) => [describeResource(resource), ...describeSubresources(resource)])
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function describeResource(resource: ServedResource): APIResource {
  const { shortNames = [], categories = [], storageVersionHash } = resource;
  return {
    name: resource.plural,
    singularName: resource.singular,
    namespaced: resource.scope === 'Namespaced',
    kind: resource.kind,
    verbs: resource.verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
    ...(storageVersionHash === undefined ? {} : { storageVersionHash }),
  };
}

function describeSubresources(resource: ServedResource): readonly APIResource[] {
  return resource.subresources.map(({ name, group, version, kind, verbs }) => ({
    name: `${resource.plural}/${name}`,
    singularName: '',
    namespaced: resource.scope === 'Namespaced',
    ...(group === undefined ? {} : { group }),
    ...(version === undefined ? {} : { version }),
    kind,
    verbs,
  }));
}
