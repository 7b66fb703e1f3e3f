import { type Amounts, podRequests } from '#lib/api/scheduling/requests.ts';
import { mostScore, type Plugin, skip } from '../plugin.ts';
import { isNoMatter, usualResources, type WeightedResource } from './fit.ts';

/**
 * The closer the pod brings the used shares of the resources to each other, the better: 100 where it helps most, 50 where it
 * changes nothing for the worse. Rule: NodeResourcesBalancedAllocation.
 */
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
      const wanted = prepared as Amounts;
      const [withPod, without]: [number[], number[]] = [[], []];
      for (const { name } of resources) {
        const most = allocatable[name] ?? 0;
        if (most <= 0 || isNoMatter(name, wanted)) continue;
        without.push(Math.min(1, (requested[name] ?? 0) / most));
        withPod.push(Math.min(1, ((requested[name] ?? 0) + (wanted[name] ?? 0)) / most));
      }
      return mostScore / 2 + Math.trunc((mostScore / 2 + evenness(withPod) - evenness(without)) / 2);
    },
  };
}

export const balancedAllocation: Plugin = createBalancedAllocation();

function evenness(shares: readonly number[]): number {
  return Math.trunc((1 - deviation(shares)) * mostScore);
}

function deviation(shares: readonly number[]): number {
  if (shares.length === 2) return Math.abs(shares[0]! - shares[1]!) / 2;
  if (shares.length < 2) return 0;
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return Math.sqrt(shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length);
}
