import { parseCidr } from '#lib/ip.ts';

/**
 * A frame address that follows from a node's first range, so that nobody has to be told: locally administered, and different for
 * each range. Made again, a link has the one that it had: neighbours need not ask anew.
 */
export function macOf(link: keyof typeof prefixes, [range]: readonly string[]): string | undefined {
  const cidr = range === undefined ? undefined : parseCidr(range);
  if (cidr === undefined) return undefined;
  let folded = 0n;
  for (let value = cidr.base; value > 0n; value >>= 32n) folded ^= value & 0xffff_ffffn;
  const hex = folded.toString(16).padStart(8, '0');
  return [prefixes[link], ...(hex.match(/../g) ?? [])].join(':');
}
const prefixes = { tunnel: '02:75', bridge: '02:76' } as const;
