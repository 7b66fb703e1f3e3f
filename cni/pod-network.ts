import type { Node } from '#lib/api/types/core.v1.ts';
import type { Informer } from '#lib/client/informer.ts';
import type { Clock } from '#lib/clock.ts';
import { createController } from '#lib/controller.ts';
import type { Exec } from '#lib/exec.ts';
import type { Log } from '#lib/log.ts';
import { stateDir } from './attachments/files.ts';
import { reattach, runLeaks } from './attachments/keep.ts';
import { checkPlugins, pluginMarks } from './check.ts';
import { bridgeName, planConflist, renderConflist } from './conflist.ts';
import { removeConflist, writeConflist } from './conflist-file.ts';
import { macOf } from './mac.ts';
import { matters, neighbourOf, podCidrsOf } from './neighbours.ts';
import { applyRoutes, listLinks, listRoutes } from './routes/kernel.ts';
import { type PodNetworkMode, planRoutes } from './routes/plan.ts';
import { familiesOf, syncRoutes } from './sync-routes.ts';
import { setSysctls } from './sysctl.ts';
import { tunnelName } from './tunnel/plan.ts';
import { watchKernel } from './watch-kernel.ts';

export interface PodNetworkOptions {
  readonly mode: PodNetworkMode;
  readonly nodeName: string;
  readonly nodeIps: readonly string[];
  readonly clusterCidrs: readonly string[];
  /** As they are now: further ones may come. */
  serviceCidrs(): readonly string[];
  readonly nodes: Informer<Node>;
  readonly confDir: string;
  readonly binDir: string;
  /** Where addresses given to pods are noted: /var/lib/cni unless told. */
  readonly stateDir?: string;
  /** Ids of all sandboxes that the runtime knows; without it leaks are not looked for. */
  sandboxIds?(signal: AbortSignal): Promise<ReadonlySet<string>>;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly log: Log;
  /** Told what keeps pods from having a network, or undefined for nothing; each time that this is found out. */
  onProblem(problem: string | undefined): void;
  /** Told the addresses of nodes on other segments. */
  onFar?(ips: readonly string[]): void;
}

export interface PodNetwork {
  /** Looks anew: something that it goes by has changed. */
  wake(): void;
  run(signal: AbortSignal): Promise<void>;
}

/** Keeps what pods of this node need to reach each other: the conflist, routes and a tunnel to other nodes, forwarding. */
export function createPodNetwork(options: PodNetworkOptions): PodNetwork {
  const { nodes, clock, log, exec, nodeName, nodeIps, clusterCidrs, mode } = options;
  const attachmentDir = options.stateDir ?? stateDir;
  let checked: string | undefined; // the plugins, and the conflist that they were last found to work with
  let warned = '';

  async function reconcile(_key: string, signal: AbortSignal): Promise<undefined> {
    const all = [...nodes.list()];
    const links = await listLinks(exec, signal);
    const around = { nodes: all.map(neighbourOf), links, serviceCidrs: options.serviceCidrs() };
    const synced = await syncRoutes({ mode, nodeName, nodeIps, clusterCidrs, exec, log }, around, signal);
    options.onFar?.(synced.farIps);
    warnOf(synced.unreached);
    const podCidrs = podCidrsOf(all.find(({ metadata }) => metadata.name === nodeName));
    if (podCidrs.length === 0) {
      await removeConflist(options.confDir);
      options.onProblem('this node has been given no range for its pods yet');
      return;
    }
    await keepBridge(podCidrs, synced.mtu, !links.some(({ name }) => name === bridgeName), signal);
    await reattach({ dir: attachmentDir, links: await listLinks(exec, signal), exec, log }, signal);
  }

  /** The conflist, and with it the bridge: the plugins make it as they are tried. */
  async function keepBridge(podCidrs: readonly string[], mtu: number, isGone: boolean, signal: AbortSignal) {
    const conflist = planConflist({ podCidrs, mtu });
    const text = renderConflist(conflist);
    const isNew = await writeConflist(options.confDir, text);
    if (isNew) log.info('Wrote the CNI configuration', { podCidrs, mtu, dir: options.confDir });
    if (!isNew && checked === undefined) options.onProblem(undefined); // it worked before we started anew
    try {
      const seen = `${await pluginMarks(conflist, options.binDir)}\n${text}`;
      if (checked === seen && !isGone) return;
      await setSysctls(familiesOf(clusterCidrs), exec, signal);
      if (isGone) await addBridge(podCidrs, exec, signal);
      await checkPlugins({ conflist, binDir: options.binDir, exec }, signal);
      checked = seen;
      options.onProblem(undefined);
    } catch (error) {
      checked = ''; // what worked before we started anew does not now
      if (!signal.aborted) options.onProblem((error as Error).message);
      throw error;
    }
  }

  function warnOf(unreached: readonly string[]): void {
    const text = unreached.join();
    if (text !== warned && text !== '') log.warn('Found nodes whose pods are out of reach', { nodes: unreached });
    warned = text;
  }

  const controller = createController({ name: 'pod-network', reconcile, clock, log });
  const wake = (): void => controller.add('node');
  return {
    wake,
    async run(signal) {
      const stop = nodes.onChange((now, before) => {
        if (now === undefined || before === undefined || matters(now, before)) wake();
      });
      wake();
      const leaks = options.sandboxIds && { ...options, dir: attachmentDir, sandboxIds: options.sandboxIds };
      await Promise.all([
        controller.run(signal),
        again(wake, clock, signal),
        watchKernel(wake, clock, signal),
        leaks && runLeaks(leaks, signal),
      ]);
      stop();
    },
  };
}
/** The plugin would make it, too, but with another frame address each time: pods would ask the old one for a while. */
async function addBridge(podCidrs: readonly string[], exec: Exec, signal: AbortSignal): Promise<void> {
  const address = macOf('bridge', podCidrs);
  const words = ['link', 'add', bridgeName, ...(address === undefined ? [] : ['address', address]), 'type', 'bridge'];
  await exec('ip', words, signal, { okCodes: [0, 2] }); // a pod that starts may have been faster
}

// Of some changes nobody tells.
const periodMs = 10_000;

async function again(act: () => void, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(periodMs, signal).catch(() => {});
    act();
  }
}

/** Takes away what a pod network made: the conflist, our routes, the bridge, the tunnel. May be repeated. */
export async function removePodNetwork(
  { confDir, exec }: { readonly confDir: string; readonly exec: Exec },
  signal: AbortSignal,
): Promise<void> {
  await removeConflist(confDir);
  for (const family of [4, 6] as const) {
    await applyRoutes(planRoutes([], await listRoutes(family, exec, signal), family), family, exec, signal);
  }
  for (const link of [bridgeName, tunnelName]) await exec('ip', ['link', 'del', link], signal, { okCodes: [0, 1] });
}
