import type { Node } from '#lib/api/types/core.v1.ts';
import type { Informer } from '#lib/client/informer.ts';
import type { Clock } from '#lib/clock.ts';
import { createController } from '#lib/controller.ts';
import type { Exec } from '#lib/exec.ts';
import { type Family, familyOf } from '#lib/ip.ts';
import type { Log } from '#lib/log.ts';
import { checkPlugins } from './check.ts';
import { bridgeName, planConflist, renderConflist } from './conflist.ts';
import { removeConflist, writeConflist } from './conflist-file.ts';
import { applyRoutes, listLinks, listRoutes } from './routes/kernel.ts';
import { type Link, type Neighbour, planRoutes, wantedRoutes } from './routes/plan.ts';
import { setSysctls } from './sysctl.ts';

export interface PodNetworkOptions {
  readonly nodeName: string;
  readonly nodeIps: readonly string[];
  readonly clusterCidrs: readonly string[];
  readonly serviceCidrs: readonly string[];
  readonly nodes: Informer<Node>;
  readonly confDir: string;
  readonly binDir: string;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly log: Log;
  /** Told what keeps pods from having a network, or undefined for nothing; each time that this is found out. */
  onProblem(problem: string | undefined): void;
}

/** Keeps what pods of this node need to reach each other: the conflist, routes to other nodes, forwarding. */
export async function runPodNetwork(options: PodNetworkOptions, signal: AbortSignal): Promise<void> {
  const { nodes, clock, log } = options;
  let checked: string | undefined; // the conflist that the plugins were last found to work with

  async function reconcile(): Promise<undefined> {
    const all = [...nodes.list()];
    const links = await listLinks(options.exec, signal);
    await syncRoutes(options, all, links, signal);
    const podCidrs = podCidrsOf(all.find(({ metadata }) => metadata.name === options.nodeName));
    if (podCidrs.length === 0) {
      await removeConflist(options.confDir);
      options.onProblem('this node has been given no range for its pods yet');
      return;
    }
    const conflist = planConflist({ podCidrs, mtu: mtuOf(links, options.nodeIps) });
    const text = renderConflist(conflist);
    const isNew = await writeConflist(options.confDir, text);
    if (isNew) log.info('Wrote the CNI configuration', { podCidrs, dir: options.confDir });
    if (!isNew && checked === undefined) options.onProblem(undefined); // it worked before we started anew
    const isBridgeGone = !links.some(({ name }) => name === bridgeName);
    if (checked === text && !isBridgeGone) return;
    await setSysctls(familiesOf(options.clusterCidrs), options.exec, signal);
    try {
      await checkPlugins({ conflist, binDir: options.binDir, exec: options.exec }, signal);
      checked = text;
      options.onProblem(undefined);
    } catch (error) {
      if (!signal.aborted) options.onProblem((error as Error).message);
      throw error;
    }
  }

  const controller = createController({ name: 'pod-network', reconcile, clock, log });
  const stop = nodes.onChange((now, before) => {
    if (now === undefined || before === undefined || matters(now, before)) controller.add('node');
  });
  controller.add('node');
  await Promise.all([controller.run(signal), again(() => controller.add('node'), clock, signal)]);
  stop();
}
// Somebody may have taken a route or the bridge away, and nobody tells.
const periodMs = 10_000;

async function again(act: () => void, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(periodMs, signal).catch(() => {});
    act();
  }
}

/** Takes away what `runPodNetwork` made: the conflist, our routes, the bridge. May be repeated. */
export async function removePodNetwork(
  { confDir, exec }: { readonly confDir: string; readonly exec: Exec },
  signal: AbortSignal,
): Promise<void> {
  await removeConflist(confDir);
  for (const family of [4, 6] as const) {
    await applyRoutes(planRoutes([], await listRoutes(family, exec, signal), family), family, exec, signal);
  }
  await exec('ip', ['link', 'del', bridgeName], signal, { okCodes: [0, 1] });
}

async function syncRoutes(
  { nodeName, nodeIps, clusterCidrs, serviceCidrs, exec, log }: PodNetworkOptions,
  nodes: readonly Node[],
  links: readonly Link[],
  signal: AbortSignal,
): Promise<void> {
  const facts = { nodeName, nodeIps, clusterCidrs, serviceCidrs, nodes: nodes.map(neighbourOf), links };
  const { routes, distant } = wantedRoutes(facts);
  if (distant.length > 0) {
    log.warn('Found nodes on no segment of ours: their pods are out of reach', {
      nodes: distant.map(({ name }) => name),
    });
  }
  for (const family of familiesOf(clusterCidrs)) {
    const lines = planRoutes(routes, await listRoutes(family, exec, signal), family);
    if (lines.length > 0) log.info('Planned routes', { lines });
    await applyRoutes(lines, family, exec, signal);
  }
}

function neighbourOf(node: Node): Neighbour {
  return {
    name: node.metadata.name,
    podCidrs: podCidrsOf(node),
    internalIps: (node.status?.addresses ?? []).flatMap(({ type, address }) =>
      type === 'InternalIP' ? [address] : [],
    ),
  };
}

function podCidrsOf(node: Node | undefined): readonly string[] {
  if (node?.spec?.podCIDRs?.length) return node.spec.podCIDRs;
  return node?.spec?.podCIDR ? [node.spec.podCIDR] : [];
}

/** Nodes change every few seconds, and mostly in nothing that matters here. */
function matters(now: Node, before: Node): boolean {
  return JSON.stringify(neighbourOf(now)) !== JSON.stringify(neighbourOf(before));
}

/** That of the link with the node's address. */
function mtuOf(links: readonly Link[], nodeIps: readonly string[]): number {
  const link = links.find(({ addresses }) => addresses.some((one) => nodeIps.includes(one.slice(0, one.indexOf('/')))));
  return link?.mtu ?? 1500;
}

function familiesOf(cidrs: readonly string[]): readonly Family[] {
  return [...new Set(cidrs.map(familyOf))];
}
