// Options of `skiff server` about the member of etcd that it runs itself: the first one's, and that of one that joins.
import type { Command } from 'commander';
import type { MemberPlace, OwnMember } from '../controlplane/members/member.ts';

export interface OwnEtcdFlags {
  readonly dataDir: string;
  readonly bindAddress: string;
  readonly securePort: string;
  readonly advertiseAddress?: string;
  readonly serverName?: string;
  readonly ownNode?: string;
  readonly etcdAddress?: string;
  readonly etcdClientPort: string;
  readonly etcdPeerPort: string;
}

export interface JoiningFlags extends OwnEtcdFlags {
  readonly etcd?: boolean;
  readonly etcdServers?: string;
  readonly join?: string;
  readonly caHash?: string;
  readonly token?: readonly string[];
}

export function addOwnEtcdOptions(command: Command): Command {
  return addPlaceOptions(
    command
      .option('--etcd', 'keep objects in etcd, a member of which runs with this server: others can --join')
      .option('--join <url>', 'become one of the servers at <url>, by a --token of `skiff token create --servers`')
      .option('--ca-hash <sha256:hex>', "with --join: hash of the cluster's authority, printed with the token"),
  );
}

/** Where the member is to be. */
export function addPlaceOptions(command: Command): Command {
  return command
    .option('--server-name <name>', 'by which other servers know it (--own-node unless told)')
    .option('--etcd-address <ip>', 'where its etcd listens (--advertise-address unless told)')
    .option('--etcd-client-port <port>', 'for API servers', '2379')
    .option('--etcd-peer-port <port>', 'for other members', '2380');
}

type Dependencies = Parameters<typeof import('../controlplane/members/join.ts')['joinServers']>[3];

/** The member that this server runs, noted in its folder or made now; undefined if it runs none. */
export async function ownEtcdOf(
  flags: JoiningFlags,
  dependencies: Dependencies,
  signal: AbortSignal,
): Promise<{ readonly ownEtcd?: OwnMember }> {
  if (flags.etcd && flags.etcdServers !== undefined) throw new Error('Either --etcd or --etcd-servers: not both');
  if (flags.join !== undefined && flags.etcdServers !== undefined) {
    throw new Error('Who joins runs etcd itself: --join goes without --etcd-servers');
  }
  const { firstMember, readMember } = await import('../controlplane/members/member.ts');
  const known = await readMember(flags.dataDir);
  if (known !== undefined) return { ownEtcd: known };
  if (flags.join !== undefined) return { ownEtcd: await join(flags, flags.join, dependencies, signal) };
  return flags.etcd ? { ownEtcd: firstMember(await placeOf(flags)) } : {};
}

async function join(
  flags: JoiningFlags,
  url: string,
  dependencies: Dependencies,
  signal: AbortSignal,
): Promise<OwnMember> {
  const { joinServers } = await import('../controlplane/members/join.ts');
  const { parseCaHash } = await import('#lib/join/ca-hash.ts');
  const { parseToken } = await import('#lib/join/token.ts');
  const { existsSync } = await import('node:fs');
  const [text] = flags.token ?? [process.env['SKIFF_TOKEN'] ?? []].flat();
  if (text === undefined || flags.caHash === undefined) {
    throw new Error('--join needs --token and --ca-hash, as `skiff token create --servers --print-join-command` says');
  }
  for (const own of ['skiff.db', 'pki/ca.key']) {
    if (existsSync(`${flags.dataDir}/${own}`)) {
      throw new Error(`${flags.dataDir}/${own} is that of another cluster: a server joins with an empty --data-dir`);
    }
  }
  const discovery = { server: serverOf(url), token: parseToken(text), caHash: parseCaHash(flags.caHash) };
  return joinServers(discovery, flags.dataDir, await placeOf(flags), dependencies, signal);
}

export async function placeOf(flags: OwnEtcdFlags): Promise<MemberPlace> {
  const { factsOf } = await import('../controlplane/options.ts');
  const { dataDir, bindAddress, securePort, advertiseAddress } = flags;
  const told = advertiseAddress === undefined ? {} : { advertiseAddress };
  const facts = factsOf({ dataDir, bindAddress, securePort: Number(securePort), ...told });
  return {
    name: flags.serverName ?? flags.ownNode ?? facts.ownNode,
    address: flags.etcdAddress ?? facts.advertiseAddress,
    clientPort: Number(flags.etcdClientPort),
    peerPort: Number(flags.etcdPeerPort),
  };
}

/** @throws {Error} if it names no server */
export function serverOf(text: string): string {
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`);
  if (url?.protocol !== 'https:') throw new Error(`<url> must be like https://192.0.2.1:6443: it is ${text}`);
  return url.origin;
}
