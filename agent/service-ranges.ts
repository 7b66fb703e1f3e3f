import type { ServiceCIDR } from '#lib/api/types/networking.v1.ts';
import type { Informer } from '#lib/client/informer.ts';
import { formatCidr, parseCidr } from '#lib/ip.ts';

/** The ranges out of which Services have their addresses: those that the node was told, and those that come while it runs. */
export interface ServiceRanges {
  list(): readonly string[];
  /** Calls `listener` each time that there are others. */
  onChange(listener: () => void): void;
}

export function followServiceRanges(
  told: readonly string[],
  objects: Pick<Informer<ServiceCIDR>, 'list' | 'onChange'> | undefined,
): ServiceRanges {
  const listeners: (() => void)[] = [];
  let known = rangesOf(told, []);
  objects?.onChange(() => {
    const now = rangesOf(told, [...objects.list()]);
    if (now.join() === known.join()) return;
    known = now;
    for (const listener of listeners) listener();
  });
  return { list: () => known, onChange: (listener) => void listeners.push(listener) };
}

function rangesOf(told: readonly string[], objects: readonly ServiceCIDR[]): readonly string[] {
  const all = [...told, ...objects.flatMap(({ spec }) => spec?.cidrs ?? []).sort()];
  const tidy = all.map(parseCidr).filter((cidr) => cidr !== undefined);
  return [...new Set(tidy.map(formatCidr))];
}
