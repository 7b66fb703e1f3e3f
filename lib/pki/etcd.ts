// Certificates of the etcd member beside an API server, laid out as kubeadm lays them out.
import { join } from 'node:path';
import { ensureAuthority } from './authorities.ts';
import { type Issuer, issuer, type KeyPair } from './certificate.ts';
import { ensureLeaf } from './files.ts';

/** An authority of its own: whom it signs may read and write all that is stored. */
export interface EtcdPki {
  readonly ca: KeyPair;
  /** Of the member, for clients and for the other members. */
  readonly server: KeyPair;
  /** Of the API server as a client. */
  readonly client: KeyPair;
}

export interface EtcdPkiOptions {
  /** As of the cluster's own: `pki/etcd/` lies in it. */
  readonly directory: string;
  /** Names and addresses of the member. */
  readonly names: readonly string[];
  readonly nowMs: number;
  /** A year and ten unless told. */
  readonly lifetimes?: { readonly leafMs?: number | undefined; readonly authorityMs?: number | undefined } | undefined;
}

/** Reads what is there, makes what is missing or near its end. */
export async function ensureEtcdPki(
  { directory, names, nowMs, lifetimes: { leafMs, authorityMs } = {} }: EtcdPkiOptions,
  maker: Issuer = issuer,
): Promise<EtcdPki> {
  const pki = join(directory, 'pki');
  const lifetime = leafMs === undefined ? {} : { lifetimeMs: leafMs };
  const authorityLifetime = authorityMs === undefined ? {} : { lifetimeMs: authorityMs };
  const ca = await ensureAuthority(join(pki, 'etcd', 'ca'), 'etcd-ca', authorityLifetime, nowMs, maker);
  const member = {
    commonName: names[0] ?? 'etcd',
    usages: ['client', 'server'] as const, // members call each other by it
    names: [...names, 'localhost', '127.0.0.1'],
  };
  const api = { commonName: 'kube-apiserver-etcd-client', usages: ['client'] as const };
  return {
    ca,
    server: await ensureLeaf(join(pki, 'etcd', 'server'), ca, { ...member, ...lifetime }, nowMs, maker),
    client: await ensureLeaf(join(pki, 'apiserver-etcd-client'), ca, { ...api, ...lifetime }, nowMs, maker),
  };
}
