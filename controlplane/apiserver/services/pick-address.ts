import { type Cidr, formatIp, type Ip, widthOf } from '#lib/ip.ts';
import { pickFree, reservedAddresses } from './pick.ts';

/** A free address of `range`; undefined if it is full. Pure. */
export function pickAddress(
  range: Cidr,
  isTaken: (address: string) => boolean,
  random: () => number,
): string | undefined {
  const size = sizeOf(range);
  const text = (offset: number): string => formatIp({ family: range.family, value: range.base + BigInt(offset) });
  const span = { first: 1, size };
  const offset = pickFree(span, reservedAddresses(size), (value) => isTaken(text(value)), random);
  return offset === undefined ? undefined : text(offset);
}

/** Whether `ip` may be given to a Service: the first of a range names the network, the last of IPv4 everybody in it. */
export function isUsable({ family, base, bits }: Cidr, ip: Ip): boolean {
  const last = base + (1n << BigInt(widthOf(family) - bits)) - 1n;
  return ip.value > base && (family === 6 ? ip.value <= last : ip.value < last);
}

/** How many addresses are given away; of very large ranges only so many are. */
export function sizeOf({ family, bits }: Cidr): number {
  const hostBits = Math.min(widthOf(family) - bits, mostBits);
  return 2 ** hostBits - (family === 6 ? 1 : 2);
}
const mostBits = 20;
