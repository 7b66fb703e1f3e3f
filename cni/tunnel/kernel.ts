import type { Exec } from '#lib/exec.ts';
import type { TunnelChanges, TunnelState } from './changes.ts';
import { tunnelName } from './plan.ts';

/** Undefined if there is no such link. */
export async function observeTunnel(exec: Exec, signal: AbortSignal): Promise<TunnelState | undefined> {
  const show = ['-json', '-details', 'address', 'show', 'dev', tunnelName];
  const { stdout, exitCode } = await exec('ip', show, signal, { okCodes: [0, 1] });
  if (exitCode !== 0) return undefined;
  const [link] = JSON.parse(stdout || '[]') as readonly IpLink[];
  if (link === undefined) return undefined;
  const { id = 0, port = 0, local, local6, learning } = link.linkinfo?.info_data ?? {};
  const [neighbours, forwards] = await Promise.all([listNeighbours(exec, signal), listForwards(exec, signal)]);
  return {
    id,
    port,
    local: local ?? local6 ?? '',
    isLearning: learning ?? true,
    mac: link.address,
    mtu: link.mtu,
    isUp: link.flags.includes('UP'),
    addresses: link.addr_info
      .filter(({ scope }) => scope !== 'link')
      .map(({ local: ip, prefixlen }) => `${ip}/${prefixlen}`),
    neighbours,
    forwards,
  };
}

interface IpLink {
  readonly address: string;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number; readonly scope: string }[];
  readonly linkinfo?: {
    readonly info_data?: {
      readonly id?: number;
      readonly port?: number;
      readonly local?: string;
      readonly local6?: string;
      readonly learning?: boolean;
    };
  };
}

async function listNeighbours(exec: Exec, signal: AbortSignal): Promise<readonly string[]> {
  const { stdout } = await exec('ip', ['-json', 'neighbour', 'show', 'dev', tunnelName, 'nud', 'permanent'], signal);
  const found = JSON.parse(stdout || '[]') as readonly { readonly dst?: string; readonly lladdr?: string }[];
  return found.flatMap(({ dst, lladdr }) => (dst && lladdr ? [`${dst} ${lladdr}`] : []));
}

async function listForwards(exec: Exec, signal: AbortSignal): Promise<readonly string[]> {
  const { stdout } = await exec('bridge', ['-json', 'fdb', 'show', 'dev', tunnelName], signal);
  const found = JSON.parse(stdout || '[]') as readonly { readonly mac?: string; readonly dst?: string }[];
  return found.flatMap(({ mac, dst }) => (mac && dst ? [`${mac} ${dst}`] : []));
}

/** What is gone already is as good as taken away. */
export async function applyTunnel({ ip, bridge }: TunnelChanges, exec: Exec, signal: AbortSignal): Promise<void> {
  if (ip.length > 0) await exec('ip', ['-force', '-batch', '-'], signal, { input: `${ip.join('\n')}\n` });
  if (bridge.length > 0) await exec('bridge', ['-force', '-batch', '-'], signal, { input: `${bridge.join('\n')}\n` });
}
