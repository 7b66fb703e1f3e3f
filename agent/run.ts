// `skiff agent` on a machine whose address may change: it then goes on as the same node at another address.
import { networkInterfaces } from 'node:os';
import type { Clock } from '#lib/clock.ts';
import { contains, parseCidr, parseIp } from '#lib/ip.ts';
import { type AgentDependencies, runAgentAt } from './main.ts';
import type { AgentOptions } from './options.ts';

/**
 * Runs a node until `signal` is aborted. Where its address was not told, and the machine loses it and has another one, all
 * but the containers starts anew: the node tells the new one, and gets a serving certificate for it.
 */
export async function runAgent(options: AgentOptions, dependencies: AgentDependencies): Promise<void> {
  const { nodeIp } = options;
  if (nodeIp !== undefined) return await runAgentAt({ ...options, nodeIp }, dependencies);
  const { clock, log, signal } = dependencies;
  while (!signal.aborted) {
    const address = ownAddress(options.clusterCidr);
    if (address === undefined) throw new Error('This machine has no address: name one by --node-ip');
    const moved = new AbortController();
    const until = AbortSignal.any([signal, moved.signal]);
    void lossOf(address, options.clusterCidr, clock, until).then(
      (next) => {
        log.warn('The address of this machine has changed: starting anew', { before: address, now: next });
        moved.abort(new Error('The address of this machine has changed'));
      },
      () => {}, // it ended before
    );
    await runAgentAt({ ...options, nodeIp: address }, { ...dependencies, signal: until }).catch((error) => {
      if (!moved.signal.aborted) throw error;
    });
    if (!moved.signal.aborted) return;
  }
}

/** Settles with the next address when the machine has had that instead of `address` for two looks. */
async function lossOf(address: string, clusterCidr: string, clock: Clock, signal: AbortSignal): Promise<string> {
  for (let before: string | undefined; ; ) {
    await clock.sleep(lookMs, signal);
    const next = ownAddresses(clusterCidr).includes(address) ? undefined : ownAddress(clusterCidr);
    if (next !== undefined && next === before) return next;
    before = next;
  }
}
const lookMs = 3_000;

function ownAddress(clusterCidr: string): string | undefined {
  return ownAddresses(clusterCidr)[0];
}

/** Those of the machine itself: bridges and tunnels of pods have theirs from the pods' ranges. */
function ownAddresses(clusterCidr: string): readonly string[] {
  const ofPods = clusterCidr.split(',').flatMap((text) => parseCidr(text) ?? []);
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address)
    .filter((address) => !ofPods.some((cidr) => contains(cidr, parseIp(address)!)));
}
