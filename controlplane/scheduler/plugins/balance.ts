import { type Amounts, podRequests } from '#lib/api/scheduling/requests.ts';
import { mostScore, type Plugin, skip } from '../plugin.ts';
import { usualResources, type WeightedResource } from './fit.ts';

/** The closer the used shares of the resources are to each other, the better. Rule: NodeResourcesBalancedAllocation. */
export function createBalancedAllocation({
  resources = usualResources,
}: {
  readonly resources?: readonly WeightedResource[];
} = {}): Plugin {
  return {
    name: 'NodeResourcesBalancedAllocation',
    prepareScore(pod) {
      const wanted = podRequests(pod);
      return resources.some(({ name }) => (wanted[name] ?? 0) > 0) ? wanted : skip;
    },
    score(_pod, { allocatable, requested }, prepared) {
      const shares: number[] = [];
      for (const { name } of resources) {
        const most = allocatable[name] ?? 0;
        if (most > 0) shares.push(Math.min(1, ((requested[name] ?? 0) + ((prepared as Amounts)[name] ?? 0)) / most));
      }
      return Math.trunc((1 - deviation(shares)) * mostScore);
    },
  };
}

export const balancedAllocation: Plugin = createBalancedAllocation();

function deviation(shares: readonly number[]): number {
  if (shares.length === 2) return Math.abs(shares[0]! - shares[1]!) / 2;
  if (shares.length < 2) return 0;
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return Math.sqrt(shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length);
}
