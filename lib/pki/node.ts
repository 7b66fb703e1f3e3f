// What a node needs to join: issued where the cluster's authority is at hand, by the lab.
import { join } from 'node:path';
import { ensureAuthorities } from './authorities.ts';
import { ensureLeaf, writeIfChanged } from './files.ts';
import { renderKubeconfig } from './kubeconfig.ts';

export interface NodePkiOptions {
  /** Folder of the control plane, as given to `ensureClusterPki`. */
  readonly clusterDirectory: string;
  /** Folder of the node; created if need be. */
  readonly directory: string;
  readonly nodeName: string;
  /** Addresses and host names under which its kubelet serves. */
  readonly names: readonly string[];
  /** `https://host:port` of the API server as the node reaches it. */
  readonly server: string;
  readonly nowMs: number;
}

/** Paths of what was written. */
export interface NodePki {
  /** Client CN=system:node:NAME, O=system:nodes; all data embedded. */
  readonly kubeconfig: string;
  /** The cluster's authority: verifies clients of the kubelet's server. */
  readonly clientCa: string;
  readonly servingCert: string;
  readonly servingKey: string;
}

/** Issues a node's client and serving certificates and its kubeconfig. A repeat keeps what is still good. */
export async function ensureNodePki(options: NodePkiOptions): Promise<NodePki> {
  const { directory, nodeName, nowMs } = options;
  const { ca } = await ensureAuthorities(options.clusterDirectory, nowMs);
  const user = `system:node:${nodeName}`;
  const organizations = ['system:nodes'];
  const client = await ensureLeaf(
    join(directory, 'pki', 'kubelet-client'),
    ca,
    { commonName: user, organizations, usages: ['client'] },
    nowMs,
  );
  const serving = join(directory, 'pki', 'kubelet');
  const names = [...new Set([nodeName, ...options.names])];
  await ensureLeaf(serving, ca, { commonName: user, organizations, usages: ['server'], names }, nowMs);
  const kubeconfig = join(directory, 'kubelet.conf');
  const clientCa = join(directory, 'pki', 'ca.crt');
  await writeIfChanged(
    kubeconfig,
    renderKubeconfig({ server: options.server, ca: ca.cert, user, pair: client }),
    0o600,
  );
  await writeIfChanged(clientCa, ca.cert, 0o644);
  return { kubeconfig, clientCa, servingCert: `${serving}.crt`, servingKey: `${serving}.key` };
}
