import { load } from 'js-yaml';
import type { ClusterAddress } from './cluster-info.ts';

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
