// ConfigMap kube-public/cluster-info: where the cluster is and by which authority to know it, for everybody to read.
import { load } from 'js-yaml';

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

/** @throws {TypeError} if `kubeconfig` does not describe exactly one cluster */
export function readClusterInfo(kubeconfig: string): ClusterAddress {
  const config = load(kubeconfig) as { readonly clusters?: readonly { readonly cluster?: Cluster }[] } | undefined;
  const [entry, ...others] = config?.clusters ?? [];
  const { server, 'certificate-authority-data': data } = entry?.cluster ?? {};
  if (others.length > 0 || typeof server !== 'string' || typeof data !== 'string') {
    throw new TypeError("Cannot use the cluster's description: it does not name one cluster with its authority");
  }
  return { server, ca: Buffer.from(data, 'base64').toString() };
}

interface Cluster {
  readonly server?: unknown;
  readonly 'certificate-authority-data'?: unknown;
}
