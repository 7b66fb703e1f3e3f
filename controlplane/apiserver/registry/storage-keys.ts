import { resourceFacts } from '#lib/api/schema.ts';

/**
 * What precedes the keys of a resource in the store, laid out as upstream lays it out: with etcd, `etcdctl get` shows
 * what people know. Rule: kubernetes pkg/registry, resource prefixes of the storage factory.
 */
export function storagePrefix(group: string, plural: string): string {
  const name = group === '' || !isDeep.has(group) ? (exceptions[`${group}/${plural}`] ?? plural) : `${group}/${plural}`;
  return `/registry/${name}/`;
}

const isDeep: ReadonlySet<string> = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io']);
const exceptions: Readonly<Record<string, string>> = {
  '/nodes': 'minions',
  '/services': 'services/specs',
  '/endpoints': 'services/endpoints',
  '/replicationcontrollers': 'controllers',
  'networking.k8s.io/ingresses': 'ingress',
};

/** What lies under a key, for people who count it: `/registry/minions/a` is a node. */
export function resourceAt(key: string): { readonly group: string; readonly resource: string } {
  const found = atPrefix(builtIn, key);
  if (found !== undefined) return found;
  const [, , group = '', resource = ''] = key.split('/', 4);
  return group.includes('.') ? { group, resource } : { group: '', resource: group };
}

/**
 * What is kept under the prefix of a key. Resources lie one level below /registry/, some two: `services/specs`,
 * `apiextensions.k8s.io/customresourcedefinitions`. No prefix is the beginning of another one.
 */
export function atPrefix<T>(byPrefix: ReadonlyMap<string, T>, key: string): T | undefined {
  const first = key.indexOf('/', root.length);
  return byPrefix.get(key.slice(0, first + 1)) ?? byPrefix.get(key.slice(0, key.indexOf('/', first + 1) + 1));
}
/** Of all keys. */
export const root = '/registry/';

const builtIn: ReadonlyMap<string, { readonly group: string; readonly resource: string }> = new Map(
  resourceFacts.map(({ group, plural }) => [storagePrefix(group, plural), { group, resource: plural }]),
);
