import type { Exec } from '#lib/exec.ts';
import { type Family, familyOf } from '#lib/ip.ts';
import type { Log } from '#lib/log.ts';
import { applyRoutes, listRoutes } from './routes/kernel.ts';
import {
  type Link,
  type Neighbour,
  type PodNetworkMode,
  planRoutes,
  type RouteFacts,
  wantedRoutes,
} from './routes/plan.ts';
import { planTunnelChanges } from './tunnel/changes.ts';
import { applyTunnel, observeTunnel } from './tunnel/kernel.ts';
import { planTunnel, type Tunnel, tunnelRoutes } from './tunnel/plan.ts';

export interface RoutesOptions {
  readonly mode: PodNetworkMode;
  readonly nodeName: string;
  readonly nodeIps: readonly string[];
  readonly clusterCidrs: readonly string[];
  readonly exec: Exec;
  readonly log: Log;
}

export interface SyncedRoutes {
  /** What pods may send in one piece; that of the link with the node's address if there is no tunnel. */
  readonly mtu: number;
  /** Addresses of nodes on other segments. */
  readonly farIps: readonly string[];
  /** Why pods of these are out of reach. */
  readonly unreached: readonly string[];
}

/** Makes routes to all other nodes, and the tunnel to those that need it. */
export async function syncRoutes(
  { exec, log, ...options }: RoutesOptions,
  around: {
    readonly nodes: readonly Neighbour[];
    readonly links: readonly Link[];
    readonly serviceCidrs: readonly string[];
  },
  signal: AbortSignal,
): Promise<SyncedRoutes> {
  const facts: RouteFacts = { ...options, ...around };
  const { routes, distant } = wantedRoutes(facts);
  const tunnel = tunnelOf(facts, distant);
  const changes = planTunnelChanges(tunnel, await observeTunnel(exec, signal));
  if (changes.ip.length + changes.bridge.length > 0) log.info('Planned the tunnel', { ...changes });
  await applyTunnel(changes, exec, signal);
  const all = [...tunnelRoutes(tunnel, distant), ...routes];
  for (const family of familiesOf(facts.clusterCidrs)) {
    const lines = planRoutes(all, await listRoutes(family, exec, signal), family);
    if (lines.length > 0) log.info('Planned routes', { lines });
    await applyRoutes(lines, family, exec, signal);
  }
  const reached = new Set((tunnel?.peers ?? []).map(({ nodeIp }) => nodeIp));
  return {
    mtu: tunnel?.mtu ?? mtuOf(around.links, options.nodeIps),
    farIps: distant.flatMap(({ internalIps }) => internalIps),
    unreached: distant.filter(({ internalIps }) => !internalIps.some((ip) => reached.has(ip))).map(({ name }) => name),
  };
}

function tunnelOf(
  { mode, nodes, nodeName, nodeIps, links }: RouteFacts,
  distant: readonly Neighbour[],
): Tunnel | undefined {
  if (mode === 'routes') return undefined;
  const podCidrs = nodes.find(({ name }) => name === nodeName)?.podCidrs ?? [];
  return planTunnel({ nodeIps, podCidrs, links, distant });
}

function mtuOf(links: readonly Link[], nodeIps: readonly string[]): number {
  const link = links.find(({ addresses }) => addresses.some((one) => nodeIps.includes(one.slice(0, one.indexOf('/')))));
  return link?.mtu ?? 1500;
}

export function familiesOf(cidrs: readonly string[]): readonly Family[] {
  return [...new Set(cidrs.map(familyOf))];
}
