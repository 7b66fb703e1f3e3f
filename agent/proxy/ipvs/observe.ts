// Reads what the kernel has, in the same ids and texts as the plan.
import { type Family, familyOf } from '#lib/ip.ts';
import { isOurSet } from './sets.ts';

export interface Seen {
  /** Of `ipvsadm --save --numeric`. */
  readonly servers: string;
  /** Of `ipset save`. */
  readonly sets: string;
  /** On our link. */
  readonly addresses: readonly string[];
}

/**
 * What there is of ours: virtual servers at our link's addresses and those that `isOurs` knows, our sets' members, our link's addresses.
 */
export function observe(
  { servers, sets, addresses }: Seen,
  family: Family,
  isOurs: (server: string, port: number) => boolean,
): Map<string, string> {
  const found = new Map<string, string>();
  const owned = new Set(addresses);
  for (const ip of addresses) if (familyOf(ip) === family) found.set(`address ${ip}`, '');
  for (const line of sets.split('\n')) {
    const [verb, set = '', member] = line.split(' ');
    if (verb === 'add' && isOurSet(set, family)) found.set(`member ${set} ${member}`, '');
  }
  for (const line of servers.split('\n')) {
    const match = /^-([Aa]) (-t|-u|--sctp-service) (\S+) (.*)$/.exec(line);
    if (match === null) continue;
    const [, verb, flag = '', at = '', rest = ''] = match;
    const { ip, port } = splitEnd(at);
    const id = `${protocols[flag]} ${at}`;
    if (familyOf(ip) !== family || !(owned.has(ip) || isOurs(`server ${id}`, port))) continue;
    if (verb === 'A') found.set(`server ${id}`, rest.replace(/ -M \S+| -N \S+/, '').trim());
    else {
      const real = /^-r (\S+) (.*)$/.exec(rest);
      if (real !== null) found.set(`real ${id} ${real[1]}`, /^(-m -w \d+)/.exec(real[2]!)?.[1] ?? real[2]!);
    }
  }
  return found;
}
const protocols: Readonly<Record<string, string>> = { '-t': 'tcp', '-u': 'udp', '--sctp-service': 'sctp' };

export function splitEnd(at: string): { readonly ip: string; readonly port: number } {
  const colon = at.lastIndexOf(':');
  return { ip: at.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(at.slice(colon + 1)) };
}
