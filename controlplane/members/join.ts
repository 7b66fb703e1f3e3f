// The side of the server that joins: it proves the cluster, shows its token, and lays down what it gets.
import { join } from 'node:path';
import { createHttpTransport } from '#lib/client/http-transport.ts';
import type { Clock } from '#lib/clock.ts';
import { hasReason, ReasonError } from '#lib/errors.ts';
import { type Discovery, discoverCluster } from '#lib/join/discover.ts';
import { formatToken } from '#lib/join/token.ts';
import type { Log } from '#lib/log.ts';
import { writePair, writeText } from '#lib/pki/files.ts';
import { type MemberPlace, type OwnMember, peerUrl, writeMember } from './member.ts';
import { type Newcomer, serversPath, type Welcome } from './servers.ts';

/**
 * Becomes a member of the control plane behind `discovery.server`: etcd counts it as one that follows, and its folder holds
 * the authorities and what its etcd is to be started with. To be asked again until it has worked.
 * @throws {ReasonError} Unauthorized, Forbidden, Conflict: as the cluster says
 */
export async function joinServers(
  discovery: Discovery,
  dataDir: string,
  place: MemberPlace,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
): Promise<OwnMember> {
  const { ca } = await discoverCluster(discovery, signal);
  using transport = createHttpTransport({
    server: discovery.server,
    credentials: async () => ({ ca }),
    token: async () => formatToken(discovery.token),
    clock,
    log,
  });
  const untilMs = clock.now() + patienceMs;
  for (;;) {
    try {
      const welcome = await ask(transport, { name: place.name, peerUrl: peerUrl(place) }, signal);
      return await settle(welcome, dataDir, place);
    } catch (error) {
      // Another one joins just now, or etcd gets used to the last that has.
      if (!hasReason(error, 'ServiceUnavailable', 'ServerTimeout') || clock.now() > untilMs) throw error;
      log.info('Waiting to be taken in', { why: (error as Error).message });
      await clock.sleep(1_000, signal);
    }
  }
}
const patienceMs = 60_000;

async function ask(
  transport: ReturnType<typeof createHttpTransport>,
  newcomer: Newcomer,
  signal: AbortSignal,
): Promise<Welcome> {
  const { status, body } = await transport.request(
    {
      method: 'POST',
      path: serversPath,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(newcomer),
    },
    signal,
  );
  const text = Buffer.concat(await Array.fromAsync(body)).toString();
  if (status === 201) return JSON.parse(text) as Welcome;
  throw refusal(status, text);
}

function refusal(status: number, text: string): ReasonError {
  const said = parsed(text)?.message ?? `status ${status}`;
  if (status === 403) {
    return new ReasonError(
      'Forbidden',
      `The token may not be used by servers (\`skiff token create --servers\` makes one that may): ${said}`,
    );
  }
  const message = `The cluster does not take this server in: ${said}`;
  if (status === 503 || status === 504 || status === 429) return new ReasonError('ServiceUnavailable', message);
  return new ReasonError(status === 409 ? 'Conflict' : 'Invalid', message);
}

function parsed(text: string): { readonly message?: string } | undefined {
  try {
    return JSON.parse(text) as { readonly message?: string };
  } catch {
    return undefined;
  }
}

async function settle(welcome: Welcome, dataDir: string, place: MemberPlace): Promise<OwnMember> {
  const { ca, frontProxyCa, serviceAccount, etcdCa } = welcome.authorities;
  const pki = join(dataDir, 'pki');
  await writePair(join(pki, 'ca'), ca);
  await writePair(join(pki, 'front-proxy-ca'), frontProxyCa);
  await writePair(join(pki, 'etcd/ca'), etcdCa);
  await writeText(join(pki, 'sa.pub'), serviceAccount.publicKey, 0o644);
  await writeText(join(pki, 'sa.key'), serviceAccount.privateKey);
  const { initialCluster, others, settings } = welcome;
  const member: OwnMember = { ...place, initialCluster, others, settings, isFirst: false };
  await writeMember(dataDir, member); // last: where it is, joining is done
  return member;
}
