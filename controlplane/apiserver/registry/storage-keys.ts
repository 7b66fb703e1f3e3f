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
  const first = key.indexOf('/', root.length);
  const second = key.indexOf('/', first + 1);
  // No prefix is the beginning of another one.
  const found = builtIn.get(key.slice(0, first + 1)) ?? builtIn.get(key.slice(0, second + 1));
  if (found !== undefined) return found;
  const [, , group = '', resource = ''] = key.split('/', 4);
  return group.includes('.') ? { group, resource } : { group: '', resource: group };
}
const root = '/registry/';

const builtIn: ReadonlyMap<string, { readonly group: string; readonly resource: string }> = new Map(
  resourceFacts.map(({ group, plural }) => [storagePrefix(group, plural), { group, resource: plural }]),
);
