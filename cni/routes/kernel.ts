import type { Exec } from '#lib/exec.ts';
import type { Family } from '#lib/ip.ts';
import { type Link, type Route, routeProtocol } from './plan.ts';

/** Routes of one family that bear our mark. */
export async function listRoutes(family: Family, exec: Exec, signal: AbortSignal): Promise<readonly Route[]> {
  const { stdout } = await exec('ip', ['-json', `-${family}`, 'route', 'show', 'proto', `${routeProtocol}`], signal);
  return (JSON.parse(stdout || '[]') as readonly IpRoute[]).map(({ dst, type, gateway, dev, prefsrc, flags }) => ({
    destination: dst.includes('/') ? dst : `${dst}/${family === 4 ? 32 : 128}`,
    kind: type === 'unreachable' ? 'unreachable' : 'unicast',
    ...(gateway === undefined ? {} : { via: gateway }),
    ...(dev === undefined || type === 'unreachable' ? {} : { device: dev }),
    ...(prefsrc === undefined ? {} : { source: prefsrc }),
    ...(flags?.includes('onlink') ? { isOnLink: true } : {}),
  }));
}

interface IpRoute {
  readonly dst: string;
  readonly type?: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly prefsrc?: string;
  readonly flags?: readonly string[];
}

/** Links that are up, with their addresses. */
export async function listLinks(exec: Exec, signal: AbortSignal): Promise<readonly Link[]> {
  const { stdout } = await exec('ip', ['-json', 'address', 'show', 'up'], signal);
  return (JSON.parse(stdout || '[]') as readonly IpLink[])
    .filter(({ ifname }) => ifname !== undefined)
    .map(({ ifname, mtu, master, addr_info }) => ({
      name: ifname,
      mtu,
      master,
      addresses: addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    }));
}

interface IpLink {
  readonly ifname: string;
  readonly mtu: number;
  readonly master?: string;
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number }[];
}

/** Does the lines of `planRoutes` in one call; nothing for none. A route that is gone already is as good as taken away. */
export async function applyRoutes(
  lines: readonly string[],
  family: Family,
  exec: Exec,
  signal: AbortSignal,
): Promise<void> {
  if (lines.length === 0) return;
  await exec('ip', [`-${family}`, '-force', '-batch', '-'], signal, { input: `${lines.join('\n')}\n` });
}
