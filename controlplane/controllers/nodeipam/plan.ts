import { type Cidr, formatCidr, parseCidr, widthOf } from '#lib/ip.ts';

/**
 * The first range of `bits` within `cluster` that overlaps none of `taken`; undefined if all are given away.
 * Rule: kubernetes pkg/controller/nodeipam, range allocator.
 */
export function nextRange(cluster: Cidr, bits: number, taken: readonly string[]): string | undefined {
  const size = 1n << BigInt(widthOf(cluster.family) - bits);
  const used = taken
    .map(parseCidr)
    .filter((cidr): cidr is Cidr => cidr?.family === cluster.family)
    .map((cidr) => ({ first: cidr.base, end: cidr.base + (1n << BigInt(widthOf(cidr.family) - cidr.bits)) }))
    .sort((a, b) => (a.first < b.first ? -1 : 1));
  const end = cluster.base + (1n << BigInt(widthOf(cluster.family) - cluster.bits));
  let base = cluster.base;
  for (const range of used) {
    if (range.end <= base) continue;
    if (base + size <= range.first) break;
    base = ((range.end + size - 1n) / size) * size; // the next multiple: ranges are aligned
  }
  return base + size <= end ? formatCidr({ family: cluster.family, base, bits }) : undefined;
}
