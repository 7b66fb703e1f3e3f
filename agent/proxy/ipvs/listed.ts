// Reads /proc/net/ip_vs: the kernel writes it in one go, while ipvsadm asks for each virtual server by itself (a second for 10,000).
import { type Family, formatIp, parseIp } from '#lib/ip.ts';
import { endOf } from './plan.ts';

export const serversFile = '/proc/net/ip_vs';

export interface Listed {
  /** Of a server, virtual or real, as in plans. */
  readonly id: string;
  /** Whether it has connections. */
  readonly isBusy: boolean;
}

/** The servers of one family in what the kernel wrote. Source: ip_vs_info_seq_show() in net/netfilter/ipvs/ip_vs_ctl.c. */
export function* listedIn(text: string, family: Family): Generator<Listed> {
  let server: string | undefined;
  for (const line of linesOf(text)) {
    const real = /^ {2}-> (\S+):([0-9A-F]{4}) +\S+ +\d+ +(\d+) +(\d+)/.exec(line);
    if (real === null) {
      const [, protocol, ip = '', port = ''] = /^(TCP|UDP|SCTP) +(\S+):([0-9A-F]{4}) /.exec(line) ?? [];
      const isMine = protocol !== undefined && ip.startsWith('[') === (family === 6);
      server = isMine ? `${protocol.toLowerCase()} ${endIn(ip, port)}` : undefined;
      if (server !== undefined) yield { id: `server ${server}`, isBusy: false };
    } else if (server !== undefined) {
      const [, ip = '', port = '', active, inactive] = real;
      yield { id: `real ${server} ${endIn(ip, port)}`, isBusy: active !== '0' || inactive !== '0' };
    }
  }
}

function* linesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    yield text.slice(at, end === -1 ? undefined : end);
    at = end === -1 ? text.length : end + 1;
  }
}

/** `0A600101` and `0050`, or all groups of an IPv6 address in brackets. */
function endIn(ip: string, port: string): string {
  return endOf(ip.startsWith('[') ? formatIp(parseIp(ip.slice(1, -1))!) : fromHex(ip), Number.parseInt(port, 16));
}

function fromHex(text: string): string {
  const value = Number.parseInt(text, 16);
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}
