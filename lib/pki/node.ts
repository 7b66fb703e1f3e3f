// What a node needs to join: issued where the cluster's authority is at hand, by the lab.
import { join } from 'node:path';
import { ensureAuthorities } from './authorities.ts';
import { isGoodFor, issueCertificate, type KeyPair, type LeafRequest } from './certificate.ts';
import { writeIfChanged } from './files.ts';
import { currentPath, type Kind, readHeld, writeHeld } from './held.ts';
import { renderNodeKubeconfig } from './node-kubeconfig.ts';

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
  /** Of the certificates: a year unless told. */
  readonly lifetimeMs?: number;
}

/** Paths of what was written. */
export interface NodePki {
  /** Client CN=system:node:NAME, O=system:nodes; it names files beside it. */
  readonly kubeconfig: string;
  /** The cluster's authority: verifies clients of the kubelet's server. */
  readonly clientCa: string;
  readonly servingCert: string;
  /** The same file: it holds both. */
  readonly servingKey: string;
}

/**
 * Issues a node's client and serving certificates and its kubeconfig, as a node that joins gets them: it renews them by
 * itself. A repeat keeps what is still good.
 */
export async function ensureNodePki(options: NodePkiOptions): Promise<NodePki> {
  const { directory, nodeName, nowMs, lifetimeMs } = options;
  const { ca } = await ensureAuthorities(options.clusterDirectory, nowMs);
  const pki = join(directory, 'pki');
  const subject = {
    commonName: `system:node:${nodeName}`,
    organizations: ['system:nodes'],
    ...(lifetimeMs === undefined ? {} : { lifetimeMs }),
  };
  const names = [...new Set([nodeName, ...options.names])];
  await ensureHeld(pki, 'kubelet-client', ca, { ...subject, usages: ['client'] }, nowMs);
  await ensureHeld(pki, 'kubelet-server', ca, { ...subject, usages: ['server'], names }, nowMs);
  const kubeconfig = join(directory, 'kubelet.conf');
  const clientCa = join(pki, 'ca.crt');
  await writeIfChanged(kubeconfig, renderNodeKubeconfig({ server: options.server, user: subject.commonName }));
  await writeIfChanged(clientCa, ca.cert, 0o644);
  const serving = currentPath(pki, 'kubelet-server');
  return { kubeconfig, clientCa, servingCert: serving, servingKey: serving };
}

async function ensureHeld(
  directory: string,
  kind: Kind,
  authority: KeyPair,
  request: LeafRequest,
  nowMs: number,
): Promise<void> {
  const held = await readHeld(directory, kind);
  if (held !== undefined && isGoodFor(held, authority, request, nowMs)) return;
  await writeHeld(directory, kind, await issueCertificate(authority, request, nowMs), nowMs);
}
