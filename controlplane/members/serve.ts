// `/skiff/servers` of a server that runs a member of etcd. Authorization has been done: by the path and the method.
import { badRequest, failure } from '#lib/api/status.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { ClusterPki } from '#lib/pki/cluster.ts';
import type { ApiResponse } from '../apiserver/exchange.ts';
import type { EtcdLocation } from '../options.ts';
import type { Member } from '../store/etcd/wire.ts';
import type { EtcdCluster } from './etcd-cluster.ts';
import type { SharedSettings } from './member.ts';
import { faultOf, type Newcomer, type ServerEntry, serversPath, type Welcome } from './servers.ts';

export interface ServersOptions {
  /** Undefined where the server runs no etcd. */
  readonly etcd: EtcdLocation | undefined;
  readonly settings: SharedSettings;
  readonly pki: () => ClusterPki;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ServersRequest {
  readonly method: string;
  readonly path: string;
  body(limitBytes: number): Promise<Uint8Array>;
  readonly signal: AbortSignal;
}

export function createServersRoute(options: ServersOptions): (request: ServersRequest) => Promise<ApiResponse> {
  return async (request) => {
    const { etcd, clock, log } = options;
    if (etcd === undefined) {
      throw failure('NotFound', 'This server runs no etcd that others could join: it was started without --etcd');
    }
    const { openEtcdCluster } = await import('./etcd-cluster.ts');
    using cluster = await openEtcdCluster(etcd, { clock, log });
    const name = nameIn(request.path);
    const { signal } = request;
    if (request.method === 'GET' && name === '') return json(200, entriesOf(await cluster.list(signal)));
    if (request.method === 'POST' && name === '') return json(201, await welcome(await newcomerOf(request), cluster));
    if (request.method === 'DELETE' && name !== '') return json(200, await dismiss(name, cluster, signal));
    throw failure('MethodNotAllowed', 'the server does not allow this method on the requested resource');

    async function welcome(newcomer: Newcomer, members: EtcdCluster): Promise<Welcome> {
      const before = await members.list(signal);
      refuseTaken(newcomer, before);
      const all = await members.add(newcomer.peerUrl, signal);
      log.info('A server joins', { name: newcomer.name, peer: newcomer.peerUrl });
      const { ca, frontProxyCa, serviceAccount, etcd: ours } = options.pki();
      const { serviceClusterIPRange, clusterCIDR, clusterDomain } = options.settings;
      return {
        authorities: { ca, frontProxyCa, serviceAccount, etcdCa: ours!.ca },
        settings: { serviceClusterIPRange, clusterCIDR, clusterDomain },
        initialCluster: initialCluster(newcomer, all),
        others: all.filter(({ isLearner }) => !isLearner).flatMap(({ clientURLs }) => clientURLs.slice(0, 1)),
      };
    }

    async function dismiss(which: string, members: EtcdCluster, end: AbortSignal): Promise<ServerEntry> {
      const all = await members.list(end);
      // One that has never started has no name yet: it goes by its address.
      const found = all.find((one) => one.name === which || one.peerURLs.some((url) => new URL(url).host === which));
      if (found === undefined) {
        throw failure('NotFound', `There is no server ${JSON.stringify(which)}, but ${all.map(nameOf).join(', ')}`);
      }
      if (all.length === 1) throw failure('Conflict', `${which} is the only server: with it all objects would go`);
      await members.remove(found.ID, end);
      log.info('A server was removed', { name: which });
      return entryOf(found);
    }
  };
}

function nameIn(path: string): string {
  try {
    return decodeURIComponent(path.slice(serversPath.length + 1));
  } catch {
    throw badRequest('the name of the server cannot be read');
  }
}

async function newcomerOf(request: ServersRequest): Promise<Newcomer> {
  let asked: unknown;
  try {
    asked = JSON.parse(Buffer.from(await request.body(mostBytes)).toString());
  } catch (error) {
    if (error instanceof SyntaxError) throw badRequest('the body is no JSON');
    throw error;
  }
  const fault = faultOf(asked);
  if (fault !== undefined) throw badRequest(fault);
  return asked as Newcomer;
}
const mostBytes = 4_096;

/** What was begun is gone on with; who has started once keeps its place until it is removed. */
function refuseTaken({ name, peerUrl }: Newcomer, members: readonly Member[]): void {
  const sameName = members.find((one) => one.name === name);
  const samePlace = members.find(({ peerURLs }) => peerURLs.includes(peerUrl));
  const taken = sameName ?? (samePlace?.name === '' ? undefined : samePlace);
  if (taken === undefined) return;
  throw failure(
    'Conflict',
    `There is a server ${nameOf(taken)} at ${taken.peerURLs[0]} already: if it has lost its data, \`skiff server remove ${nameOf(taken)}\` first`,
  );
}

/** As etcd wants to be told: one that has never started stands there by the name that it will have. */
export function initialCluster({ name, peerUrl }: Newcomer, members: readonly Member[]): string {
  return members
    .filter((one) => one.name !== '' || one.peerURLs.includes(peerUrl))
    .flatMap((one) => one.peerURLs.map((url) => `${url === peerUrl ? name : one.name}=${url}`))
    .join(',');
}

function nameOf({ name, peerURLs }: Member): string {
  return name === '' ? new URL(peerURLs[0] ?? 'https://unknown').host : name;
}

function entriesOf(members: readonly Member[]): readonly ServerEntry[] {
  return members.map(entryOf).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function entryOf(member: Member): ServerEntry {
  return {
    name: nameOf(member),
    peerUrl: member.peerURLs[0] ?? '',
    clientUrl: member.clientURLs[0] ?? '',
    state: member.isLearner ? 'Joining' : 'Member',
  };
}

function json(status: number, object: object): ApiResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: `${JSON.stringify(object)}\n` };
}
