/** Where a node that joins reads what it must know of the cluster. */
export const clusterSettings = { namespace: 'kube-system', name: 'skiff-cluster' } as const;

/** Key under which it holds the cluster's authority, PEM: where nodes hear of the next one. */
export const authorityKey = 'certificateAuthority';

/** What is the same on every node; the data of that ConfigMap. */
export type ClusterSettings = {
  readonly clusterCIDR: string;
  readonly serviceClusterIPRange: string;
  readonly clusterDNS: string;
  readonly clusterDomain: string;
};

/** @throws {TypeError} that names what lacks */
export function readSettings(data: Readonly<Record<string, string>>): ClusterSettings {
  const text = (key: keyof ClusterSettings): string => {
    const value = data[key];
    if (!value) throw new TypeError(`The cluster's settings for nodes lack ${key}`);
    return value;
  };
  return {
    clusterCIDR: text('clusterCIDR'),
    serviceClusterIPRange: text('serviceClusterIPRange'),
    clusterDNS: text('clusterDNS'),
    clusterDomain: text('clusterDomain'),
  };
}
