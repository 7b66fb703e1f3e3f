import type { APIGroupDiscovery, APIGroupDiscoveryList, APIResourceDiscovery } from '#lib/api/types/apidiscovery.v2.ts';
import type { ServedGroup, ServedResource } from './served.ts';

/** The media type of the document is `application/json;g=apidiscovery.k8s.io;v=VERSION;as=APIGroupDiscoveryList`. */
export type AggregatedVersion = 'v2' | 'v2beta1';

/** What `/api` (of the core group) or `/apis` (of the others) answers to who asks for all in one document. */
export function aggregatedDocument(
  path: '/api' | '/apis',
  groups: readonly ServedGroup[],
  resources: readonly ServedResource[],
  version: AggregatedVersion = 'v2',
): APIGroupDiscoveryList {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups
      .filter(({ group }) => (group === '') === (path === '/api'))
      .map((group) => describeGroup(group, resources)),
  };
}

function describeGroup({ group, versions }: ServedGroup, resources: readonly ServedResource[]): APIGroupDiscovery {
  return {
    // The core group has no name.
    metadata: (group === '' ? {} : { name: group }) as APIGroupDiscovery['metadata'],
    versions: versions.map((version) => ({
      version,
      resources: resources
        .filter((resource) => resource.group === group && resource.version === version)
        .map(describeResource),
      freshness: 'Current',
    })),
  };
}

function describeResource(resource: ServedResource): APIResourceDiscovery {
  const { shortNames = [], categories = [], subresources } = resource;
  return {
    resource: resource.plural,
    responseKind: kindOf(resource.kind),
    scope: resource.scope,
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
    ...(subresources.length === 0
      ? {}
      : {
          subresources: subresources.map(({ name, group, version, kind, verbs }) => ({
            subresource: name,
            responseKind: kindOf(kind, group, version),
            verbs,
          })),
        }),
  };
}

/** Group and version are left empty where they are those of the resource list. */
function kindOf(kind: string, group = '', version = ''): { group: string; version: string; kind: string } {
  return { group, version, kind };
}
