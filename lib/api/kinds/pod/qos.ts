import { addQuantities, compareQuantities, readQuantity } from '../../quantity.ts';
import type { PodSpec } from '../../types/core.v1.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

type Resources = Readonly<Record<string, string>>;

/**
 * How well the node cares for a pod when resources run short, by what it requests of cpu and memory.
 * Rule: Pod Quality of Service Classes.
 */
export function qosClassOf(spec: PodSpec): QosClass {
  const holders =
    spec.resources === undefined
      ? [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ resources }) => resources)
      : [spec.resources];
  const requests = summed(holders.map((resources) => resources?.requests));
  const limits = summed(holders.map((resources) => resources?.limits));
  if (Object.keys(requests).length === 0 && Object.keys(limits).length === 0) return 'BestEffort';
  const hasAllLimits = holders.every((resources) => computed.every((name) => isSet(resources?.limits, name)));
  const isExact = computed.every((name) => compareQuantities(requests[name] ?? '0', limits[name] ?? '0') === 0);
  return hasAllLimits && isExact && Object.keys(requests).length === Object.keys(limits).length
    ? 'Guaranteed'
    : 'Burstable';
}
const computed = ['cpu', 'memory'] as const;

function isSet(resources: Resources | undefined, name: string): boolean {
  const value = readQuantity(resources?.[name] ?? '0');
  return value !== undefined && value.nanos > 0n;
}

function summed(lists: readonly (Resources | undefined)[]): Record<string, string> {
  const total: Record<string, string> = {};
  for (const list of lists) {
    for (const name of computed) if (isSet(list, name)) total[name] = addQuantities(total[name] ?? '0', list![name]!);
  }
  return total;
}
