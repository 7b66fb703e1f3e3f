import { type Amounts, add, amountsOf, podRequests } from '#lib/api/scheduling/requests.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';

export interface Shortage {
  readonly resource: string;
  readonly requested: number;
  readonly used: number;
  readonly capacity: number;
}

/** The first resource that is too short for the pod beside `others`. CPU counts in thousandths. */
export function shortageFor(
  pod: Pod,
  others: readonly Pod[],
  allocatable: Readonly<Record<string, string>>,
): Shortage | undefined {
  const capacity = amountsOf(allocatable);
  const most = capacity['pods'] ?? 0;
  if (others.length + 1 > most) return { resource: 'pods', requested: 1, used: others.length, capacity: most };
  const wanted = podRequests(pod);
  const used = others.reduce<Amounts>((sum, other) => add(sum, podRequests(other)), {});
  for (const resource of inOrder(Object.keys(wanted))) {
    // An extended resource that the node does not have at all is one of the whole cluster: the scheduler's business.
    if (resource.includes('/') && capacity[resource] === undefined) continue;
    const requested = wanted[resource] ?? 0;
    const [has, takes] = [capacity[resource] ?? 0, used[resource] ?? 0];
    if (requested > 0 && requested > has - takes) return { resource, requested, used: takes, capacity: has };
  }
  return undefined;
}

function inOrder(names: readonly string[]): readonly string[] {
  const first = ['cpu', 'memory', 'ephemeral-storage'];
  return [...first.filter((name) => names.includes(name)), ...names.filter((name) => !first.includes(name)).sort()];
}
