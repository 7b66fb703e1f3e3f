// ConfigMap kube-public/cluster-info: where the cluster is and by which authority to know it, for everybody to read.

export const clusterInfo = { namespace: 'kube-public', name: 'cluster-info' } as const;
export const clusterInfoPath = `/api/v1/namespaces/${clusterInfo.namespace}/configmaps/${clusterInfo.name}`;
/** Key of its data, and what the keys of its signatures begin with. */
export const kubeconfigKey = 'kubeconfig';
export const signaturePrefix = 'jws-kubeconfig-';

export interface ClusterAddress {
  /** `https://host:port`. */
  readonly server: string;
  /** PEM, one certificate or several. */
  readonly ca: string;
}

/** A kubeconfig with one cluster and no user, in the form that kubeadm writes. */
export function renderClusterInfo({ server, ca }: ClusterAddress): string {
  return `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${Buffer.from(ca).toString('base64')}
    server: ${server}
  name: ""
contexts: null
current-context: ""
kind: Config
preferences: {}
users: null
`;
}
