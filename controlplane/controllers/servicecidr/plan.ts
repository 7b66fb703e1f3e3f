// What becomes of a ServiceCIDR. Rule: pkg/controller/servicecidrs.
import type { Condition } from '#lib/api/types/meta.v1.ts';
import type { ServiceCIDR } from '#lib/api/types/networking.v1.ts';
import { type Cidr, contains, parseCidr, parseIp } from '#lib/ip.ts';

/** Whether `range` may go: all its ranges, or all addresses given out of them, lie in others that stay. */
export function mayGo(range: ServiceCIDR, all: readonly ServiceCIDR[], addresses: readonly string[]): boolean {
  const others = all
    .filter(({ metadata }) => metadata.name !== range.metadata.name && metadata.deletionTimestamp === undefined)
    .flatMap(rangesOf);
  const mine = rangesOf(range);
  if (mine.every((one) => others.some((other) => covers(other, one)))) return true;
  return addresses
    .map(parseIp)
    .filter((ip) => ip !== undefined)
    .every((ip) => !mine.some((one) => contains(one, ip)) || others.some((other) => contains(other, ip)));
}

/** Says that the range is open, or why it cannot go. */
export function readyCondition(isReady: boolean, time: string): Condition {
  const base = { type: 'Ready', lastTransitionTime: time };
  if (isReady) return { ...base, status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' };
  const message =
    'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR';
  return { ...base, status: 'False', reason: 'Terminating', message };
}

function rangesOf({ spec }: ServiceCIDR): readonly Cidr[] {
  return (spec?.cidrs ?? []).map(parseCidr).filter((cidr) => cidr !== undefined);
}

function covers(outer: Cidr, inner: Cidr): boolean {
  return outer.bits <= inner.bits && contains(outer, { family: inner.family, value: inner.base });
}
