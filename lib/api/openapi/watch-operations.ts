// The paths of watches of old: deprecated since parameter `watch`, still served and published.
import type { ServedResource } from '#lib/api/discovery/served.ts';
import type { Operation, PathOperations } from './operation.ts';
import { namespaceParameter, namingOf, rootOf } from './operations.ts';
import { listParameters, type Parameter, pathParameter, pretty } from './parameters.ts';

/** `/api/v1/watch/...` of a resource, if it can be watched. */
export function watchOperationsOf(resource: ServedResource): readonly PathOperations[] {
  if (!resource.verbs.includes('watch')) return [];
  const { kind, plural, scope } = resource;
  const { api, name, tag } = namingOf(resource);
  const isNamespaced = scope === 'Namespaced';
  const root = `${rootOf(resource)}/watch`;
  const collection = isNamespaced ? `${root}/namespaces/{namespace}/${plural}` : `${root}/${plural}`;
  const shared = [...(isNamespaced ? [namespaceParameter] : []), pretty, ...listParameters];
  const base = { method: 'get', tag, kind: { group: resource.group, version: resource.version, kind } } as const;
  const answer = { parameters: [], answer: watchEvent, codes: [200], isWatchable: true } as const;
  const list = (operationId: string): Operation => ({
    ...base,
    ...answer,
    action: 'watchlist',
    operationId,
    description: `watch changes of all objects of kind ${kind}. deprecated: list with parameter 'watch' instead.`,
  });
  const one: Operation = {
    ...base,
    ...answer,
    action: 'watch',
    operationId: `watch${api}${name}`,
    description: `watch changes of one object of kind ${kind}. deprecated: list with 'watch' and 'fieldSelector' instead.`,
  };
  const named: readonly Parameter[] = [pathParameter('name', `Name of the ${kind}.`), ...shared];
  const everywhere = list(`watch${api}${kind}ListForAllNamespaces`);
  return [
    { path: collection, parameters: shared, operations: [list(`watch${api}${name}List`)] },
    { path: `${collection}/{name}`, parameters: named, operations: [one] },
    ...(isNamespaced
      ? [{ path: `${root}/${plural}`, parameters: [pretty, ...listParameters], operations: [everywhere] }]
      : []),
  ];
}

const watchEvent = 'io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent';
