/** An address as a number: IPv4 in 32 bits, IPv6 in 128. */
export interface Ip {
  readonly family: Family;
  readonly value: bigint;
}
export type Family = 4 | 6;

export interface Cidr {
  readonly family: Family;
  /** The lowest address of the range. */
  readonly base: bigint;
  /** Length of the prefix. */
  readonly bits: number;
}

/** The address in `text`, or undefined if it is none. Leading zeros and zones are refused. */
export function parseIp(text: string): Ip | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

export function familyOf(text: string): Family {
  return text.includes(':') ? 6 : 4;
}

/** The range in `text` ('10.0.0.0/8'), host bits cleared, or undefined if it is none. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  const ip = parseIp(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (slash === -1 || ip === undefined || !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined;
  const bits = Number(length);
  const hostBits = BigInt(widthOf(ip.family) - bits);
  return hostBits < 0n ? undefined : { family: ip.family, base: (ip.value >> hostBits) << hostBits, bits };
}

export function contains({ family, base, bits }: Cidr, ip: Ip): boolean {
  const hostBits = BigInt(widthOf(family) - bits);
  return ip.family === family && ip.value >> hostBits === base >> hostBits;
}

export function widthOf(family: Family): number {
  return family === 4 ? 32 : 128;
}

/** The address in its usual form; IPv6 as RFC 5952 wants it. */
export function formatIp({ family, value }: Ip): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.');
  const groups = groupsOf(value).map((group) => group.toString(16));
  const { start, length } = longestZeros(groups);
  if (length < 2) return groups.join(':');
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
}

export function formatCidr({ family, base, bits }: Cidr): string {
  return `${formatIp({ family, value: base })}/${bits}`;
}

function parseIpv4(text: string): Ip | undefined {
  if (!/^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/.test(text)) return undefined;
  const parts = text.split('.').map(Number);
  if (parts.some((part) => part > 255)) return undefined;
  return { family: 4, value: BigInt(parts.reduce((sum, part) => sum * 256 + part, 0)) };
}

function parseIpv6(text: string): Ip | undefined {
  const halves = withoutDots(text)?.split('::');
  if (halves === undefined || halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array<string>(missing).fill('0'), ...tail];
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return { family: 6, value: groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n) };
}

/** `::ffff:1.2.3.4` written in groups only. */
function withoutDots(text: string): string | undefined {
  const dots = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dots === null) return text;
  const ipv4 = parseIpv4(dots[2]!);
  if (ipv4 === undefined) return undefined;
  return `${dots[1]}${(ipv4.value >> 16n).toString(16)}:${(ipv4.value & 0xffffn).toString(16)}`;
}

function groupsOf(value: bigint): number[] {
  return Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(16 * (7 - index))) & 0xffffn));
}

function longestZeros(groups: readonly string[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === '0') length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}
