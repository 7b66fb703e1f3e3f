// The member of etcd that a server runs itself, as it is noted in the server's folder at its first start.
import { join } from 'node:path';
import { readText, writeText } from '#lib/pki/files.ts';
import type { EtcdLocation } from '../options.ts';

export interface OwnMember {
  readonly name: string;
  /** Where it listens, for clients and for the other members. */
  readonly address: string;
  readonly clientPort: number;
  readonly peerPort: number;
  /** What was there when it joined; of the first member itself alone. */
  readonly initialCluster: string;
  /** The first of a new cluster. */
  readonly isFirst: boolean;
  /** Client URLs of those it joined. */
  readonly others: readonly string[];
  /** What all servers of the cluster have to say alike; of one that has joined. */
  readonly settings?: SharedSettings;
}

export interface SharedSettings {
  readonly serviceClusterIPRange: string;
  readonly clusterCIDR: string;
  readonly clusterDomain: string;
}

export type MemberPlace = Pick<OwnMember, 'name' | 'address' | 'clientPort' | 'peerPort'>;

const fileOf = (dataDir: string): string => join(dataDir, 'etcd', 'member.json');

export async function readMember(dataDir: string): Promise<OwnMember | undefined> {
  const text = await readText(fileOf(dataDir));
  return text === undefined ? undefined : (JSON.parse(text) as OwnMember);
}

export async function writeMember(dataDir: string, member: OwnMember): Promise<void> {
  await writeText(fileOf(dataDir), `${JSON.stringify(member, null, 1)}\n`);
}

/** The first of a new cluster. */
export function firstMember(place: MemberPlace): OwnMember {
  return { ...place, initialCluster: `${place.name}=${peerUrl(place)}`, isFirst: true, others: [] };
}

export function clientUrl({ address, clientPort }: MemberPlace): string {
  return `https://${inUrl(address)}:${clientPort}`;
}

export function peerUrl({ address, peerPort }: MemberPlace): string {
  return `https://${inUrl(address)}:${peerPort}`;
}

function inUrl(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** How the server beside it reaches it, and the others. */
export function locationOf(dataDir: string, member: OwnMember): EtcdLocation {
  return {
    servers: [clientUrl(member)],
    caFile: join(dataDir, 'pki/etcd/ca.crt'),
    certFile: join(dataDir, 'pki/apiserver-etcd-client.crt'),
    keyFile: join(dataDir, 'pki/apiserver-etcd-client.key'),
    isOurs: true,
  };
}

/** The command line of etcd. Whom its authority has not signed, it does not listen to. */
export function etcdWords(dataDir: string, member: OwnMember): readonly string[] {
  const [client, peer, pki] = [clientUrl(member), peerUrl(member), join(dataDir, 'pki/etcd')];
  const tls = [`trusted-ca-file=${pki}/ca.crt`, `cert-file=${pki}/server.crt`, `key-file=${pki}/server.key`];
  return [
    `--name=${member.name}`,
    `--data-dir=${join(dataDir, 'etcd/data')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=${member.initialCluster}`,
    `--initial-cluster-state=${member.isFirst ? 'new' : 'existing'}`,
    '--pre-vote', // a member that was cut off does not end the others' leader when it comes back
    '--client-cert-auth',
    ...tls.map((word) => `--${word}`),
    '--peer-client-cert-auth',
    ...tls.map((word) => `--peer-${word}`),
    '--logger=zap',
    '--log-outputs=stderr',
    '--log-level=warn',
  ];
}
