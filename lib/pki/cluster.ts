// The certificates of a control plane, laid out as kubeadm lays out /etc/kubernetes.
import { join } from 'node:path';
import { type ClusterAuthorities, ensureAuthorities } from './authorities.ts';
import { type Issuer, issuer, type KeyPair, type LeafRequest } from './certificate.ts';
import { type EtcdPki, ensureEtcdPki } from './etcd.ts';
import { ensureLeaf, readText, writeIfChanged } from './files.ts';
import { renderKubeconfig, renewKubeconfig } from './kubeconfig.ts';

export interface ClusterPkiOptions {
  /** Folder like /etc/kubernetes: `pki/` and the kubeconfigs go into it. */
  readonly directory: string;
  /** DNS names and IP addresses under which the API server is reached, besides those every cluster has. */
  readonly names: readonly string[];
  /** First address of the Service range. */
  readonly serviceAddress: string;
  readonly domain?: string;
  /** `https://host:port` that goes into the kubeconfigs. */
  readonly server: string;
  readonly nowMs: number;
  /** Names and addresses of the etcd member that runs beside the API server, if one does. */
  readonly etcdNames?: readonly string[] | undefined;
  /** A year and ten unless told. */
  readonly lifetimes?: { readonly leafMs?: number | undefined; readonly authorityMs?: number | undefined };
}

/** All PEM. */
export interface ClusterPki extends ClusterAuthorities {
  readonly apiserver: KeyPair;
  readonly kubeletClient: KeyPair;
  readonly frontProxyClient: KeyPair;
  /** The kubeconfig of an administrator (group system:masters), as text. */
  readonly adminKubeconfig: string;
  /** Where a member of etcd runs beside the API server. */
  readonly etcd?: EtcdPki;
}

/**
 * Reads what is there, makes what is missing, near its end or not fit any more. A repeat changes nothing.
 * @throws what `maker` throws, if anything is to be made
 */
export async function ensureClusterPki(options: ClusterPkiOptions, maker: Issuer = issuer): Promise<ClusterPki> {
  const { directory, nowMs, lifetimes: { leafMs, authorityMs } = {} } = options;
  const authorities = await ensureAuthorities(directory, nowMs, maker, authorityMs);
  const { ca, frontProxyCa } = authorities;
  const leaf = (name: string, authority: KeyPair, request: LeafRequest) =>
    ensureLeaf(
      join(directory, 'pki', name),
      authority,
      { ...request, ...(leafMs === undefined ? {} : { lifetimeMs: leafMs }) },
      nowMs,
      maker,
    );
  const apiserver = await leaf('apiserver', ca, {
    commonName: 'kube-apiserver',
    usages: ['server'],
    names: serverNames(options),
  });
  const kubeletClient = await leaf('apiserver-kubelet-client', ca, {
    commonName: 'kube-apiserver-kubelet-client',
    organizations: ['system:masters'],
    usages: ['client'],
  });
  const frontProxyClient = await leaf('front-proxy-client', frontProxyCa, {
    commonName: 'front-proxy-client',
    usages: ['client'],
  });
  const admin = await leaf('admin', ca, {
    commonName: 'kubernetes-admin',
    organizations: ['system:masters'],
    usages: ['client'],
  });
  const fresh = renderKubeconfig({
    server: options.server,
    ca: ca.cert,
    user: 'kubernetes-admin',
    pair: admin,
  });
  const file = join(directory, 'admin.conf');
  const adminKubeconfig = renewKubeconfig(await readText(file), fresh);
  await writeIfChanged(file, adminKubeconfig);
  const { etcdNames } = options;
  const etcd =
    etcdNames && (await ensureEtcdPki({ directory, names: etcdNames, nowMs, lifetimes: options.lifetimes }, maker));
  return { ...authorities, apiserver, kubeletClient, frontProxyClient, adminKubeconfig, ...(etcd && { etcd }) };
}

/** What the API server's certificate is good for. */
export function serverNames({
  names,
  serviceAddress,
  domain = 'cluster.local',
}: Pick<ClusterPkiOptions, 'names' | 'serviceAddress' | 'domain'>): readonly string[] {
  const service = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', `kubernetes.default.svc.${domain}`];
  return [...new Set([...service, 'localhost', '127.0.0.1', serviceAddress, ...names])];
}
