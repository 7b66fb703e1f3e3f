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
