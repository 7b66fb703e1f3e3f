// What servers of one control plane tell each other at `/skiff/servers`: who there is, who comes and who goes.
import type { ClusterAuthorities } from '#lib/pki/authorities.ts';
import type { KeyPair } from '#lib/pki/certificate.ts';
import type { SharedSettings } from './member.ts';

export const serversPath = '/skiff/servers';

/** What a server that joins says of itself. */
export interface Newcomer {
  readonly name: string;
  /** Where its etcd will be reached by the others. */
  readonly peerUrl: string;
}

/** What it gets: all that makes it one of them. Nobody else may ever see it. */
export interface Welcome {
  readonly authorities: ClusterAuthorities & { readonly etcdCa: KeyPair };
  readonly settings: SharedSettings;
  /** `name=peerURL,...`, itself among them. */
  readonly initialCluster: string;
  /** Client URLs of the others. */
  readonly others: readonly string[];
}

export interface ServerEntry {
  readonly name: string;
  readonly peerUrl: string;
  readonly clientUrl: string;
  /** Joining: it has no vote yet. */
  readonly state: 'Member' | 'Joining';
}

/** @returns why `newcomer` is none that could be taken in; undefined if nothing is wrong with it */
export function faultOf(newcomer: unknown): string | undefined {
  const { name, peerUrl } = (newcomer ?? {}) as Partial<Record<keyof Newcomer, unknown>>;
  if (typeof name !== 'string' || !/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name)) {
    return 'name must be that of a host: lower-case letters, digits, - and .';
  }
  const url = typeof peerUrl === 'string' ? URL.parse(peerUrl) : null;
  if (url?.protocol !== 'https:' || url.origin !== peerUrl || /[,=]/.test(url.origin)) {
    return 'peerUrl must be like https://192.0.2.1:2380';
  }
  return undefined;
}
