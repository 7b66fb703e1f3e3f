// `skiff join`: makes a machine a node of a cluster. Ends with files by which `skiff agent` runs, now and after any restart.
import { configMaps } from '#lib/api/resources.ts';
import { type Client, createClient } from '#lib/client/client.ts';
import { createHttpTransport } from '#lib/client/http-transport.ts';
import type { Clock } from '#lib/clock.ts';
import { hasReason, ReasonError } from '#lib/errors.ts';
import type { ClusterAddress } from '#lib/join/cluster-info.ts';
import { type Discovery, discoverCluster } from '#lib/join/discover.ts';
import { type ClusterSettings, clusterSettings, readSettings } from '#lib/join/settings.ts';
import { formatToken } from '#lib/join/token.ts';
import type { Log } from '#lib/log.ts';
import { generateKey } from '#lib/pki/certificate-request.ts';
import { writeIfChanged, writeText } from '#lib/pki/files.ts';
import { heldOf, readHeld, writeHeld } from '#lib/pki/held.ts';
import { renderNodeKubeconfig } from '#lib/pki/node-kubeconfig.ts';
import { ordersOf } from './keep.ts';
import { orderCertificate } from './order.ts';
import { pathsOf } from './paths.ts';

export interface JoinOptions extends Discovery {
  readonly nodeName: string;
  /** /var/lib/kubelet. */
  readonly rootDir: string;
}

export interface JoinedCluster {
  readonly cluster: ClusterAddress;
  readonly settings: ClusterSettings;
}

/** Gets the node's own identity from the cluster and writes it down, with the cluster's authority and address. */
export async function joinCluster(
  { nodeName, rootDir, ...discovery }: JoinOptions,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
): Promise<JoinedCluster> {
  const cluster = await discoverCluster(discovery, signal);
  log.info('Found the cluster', { server: cluster.server });
  using transport = createHttpTransport({
    server: cluster.server,
    credentials: async () => ({ ca: cluster.ca }),
    token: async () => formatToken(discovery.token),
    clock,
    log,
  });
  const client = createClient(transport, { userAgent: 'skiff-join' });
  const settings = await settingsOf(client, signal);
  const paths = pathsOf(rootDir);
  await writeIfChanged(paths.ca, cluster.ca, 0o644);
  const key = await generateKey();
  const subject = { commonName: `system:node:${nodeName}`, organizations: ['system:nodes'] };
  const order = { client, clock, ...ordersOf['kubelet-client'], subject, key, prefix: 'node-csr-' } as const;
  const pair = { cert: await orderCertificate(order, signal), key };
  heldOf(pair); // throws if it is not what was asked for
  await writeHeld(paths.pki, 'kubelet-client', pair, clock.now());
  await writeText(paths.kubeconfig, renderNodeKubeconfig({ server: cluster.server, user: subject.commonName }));
  log.info('Joined the cluster', { node: nodeName });
  return { cluster, settings };
}

/** Whether the node has an identity by this name that is still good. */
export async function hasJoined(rootDir: string, nodeName: string, nowMs: number): Promise<boolean> {
  const held = await readHeld(pathsOf(rootDir).pki, 'kubelet-client');
  return held !== undefined && held.commonName === `system:node:${nodeName}` && nowMs < held.life.untilMs;
}

async function settingsOf(client: Client, signal: AbortSignal): Promise<ClusterSettings> {
  try {
    return readSettings((await client.get(configMaps, clusterSettings, signal)).data ?? {});
  } catch (error) {
    if (!hasReason(error, 'Unauthorized', 'Forbidden')) throw error;
    throw new ReasonError(
      'Unauthorized',
      `The cluster does not let this token in (${error.message}): it has expired, or is not for joining`,
      { cause: error },
    );
  }
}
