// From which ranges Services get their addresses. Pure.
// Rule: ipallocator MetaAllocator: every ServiceCIDR that is ready and stays.
import type { ServiceCIDR } from '#lib/api/types/networking.v1.ts';
import { type Cidr, contains, type Family, type Ip, parseCidr } from '#lib/ip.ts';

/** Name of the ServiceCIDR that holds the ranges which the server was started with. */
export const defaultRangeName = 'kubernetes';

/**
 * Ranges open for new addresses: those the server was started with first, then the others by name.
 * Until the default object stands, its ranges are as good as there.
 */
export function openRanges(defaults: readonly Cidr[], objects: readonly ServiceCIDR[]): readonly Cidr[] {
  const byName = objects.toSorted((a, b) => rank(a) - rank(b) || (a.metadata.name < b.metadata.name ? -1 : 1));
  const ranges = byName.filter(isOpen).flatMap(rangesOf);
  return objects.some(({ metadata }) => metadata.name === defaultRangeName) ? ranges : [...defaults, ...ranges];
}

export function rangesOf({ spec }: ServiceCIDR): readonly Cidr[] {
  return (spec?.cidrs ?? []).map(parseCidr).filter((cidr) => cidr !== undefined);
}

/** The first of `ranges` that holds `ip`. */
export function rangeOf(ranges: readonly Cidr[], ip: Ip): Cidr | undefined {
  return ranges.find((range) => contains(range, ip));
}

export function ofFamily(ranges: readonly Cidr[], family: Family): readonly Cidr[] {
  return ranges.filter((range) => range.family === family);
}

function rank({ metadata }: ServiceCIDR): number {
  return metadata.name === defaultRangeName ? 0 : 1;
}

/** One without a condition counts as ready: nobody may have looked at it yet. */
function isOpen({ metadata, status }: ServiceCIDR): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return metadata.deletionTimestamp === undefined && (ready === undefined || ready.status === 'True');
}
