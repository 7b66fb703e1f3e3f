import type { Container, Pod } from '#lib/api/types/core.v1.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** Rule: "Pod Quality of Service Classes". What the API says already is taken. */
export function qosOf({ spec, status }: Pick<Pod, 'spec'> & { readonly status?: Pod['status'] }): QosClass {
  if (status?.qosClass !== undefined) return status.qosClass;
  const holders: readonly Pick<Container, 'resources'>[] =
    spec.resources === undefined ? [...spec.containers, ...(spec.initContainers ?? [])] : [spec];
  if (!holders.some(asksForSomething)) return 'BestEffort';
  return holders.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}
const counted = ['cpu', 'memory'] as const;

function asksForSomething({ resources }: Pick<Container, 'resources'>): boolean {
  return counted.some((name) => isSet(resources?.requests?.[name]) || isSet(resources?.limits?.[name]));
}

function isGuaranteed({ resources }: Pick<Container, 'resources'>): boolean {
  return counted.every((name) => {
    const limit = resources?.limits?.[name];
    return isSet(limit) && (resources?.requests?.[name] ?? limit) === limit;
  });
}

function isSet(quantity: string | undefined): boolean {
  return quantity !== undefined && /[1-9]/.test(quantity);
}
