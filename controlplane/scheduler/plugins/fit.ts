// Whether a pod finds room on a node, and where it finds the best. Rule: NodeResourcesFit and its scoring strategies.
import { type Amounts, amountsOf, nonZeroRequests, podRequests } from '#lib/api/scheduling/requests.ts';
import { makesRoom } from '../change.ts';
import { mostScore, type Plugin } from '../plugin.ts';
import type { NodeInfo } from '../snapshot.ts';

export interface FitArgs {
  readonly ignoredResources?: readonly string[];
  /** Prefixes of extended resources: `example.com`. */
  readonly ignoredResourceGroups?: readonly string[];
  readonly scoringStrategy?: ScoringStrategy;
}

export interface ScoringStrategy {
  readonly type?: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio';
  readonly resources?: readonly WeightedResource[];
  readonly requestedToCapacityRatio?: { readonly shape?: readonly ShapePoint[] };
}

export interface WeightedResource {
  readonly name: string;
  readonly weight?: number;
}

/** Both 0 to 100 and 0 to 10. */
export interface ShapePoint {
  readonly utilization: number;
  readonly score: number;
}

export const usualResources: readonly WeightedResource[] = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
];

interface Wanted {
  readonly amounts: readonly (readonly [string, number])[];
}

export function createFit(args: FitArgs = {}): Plugin {
  const { ignoredResources = [], ignoredResourceGroups = [], scoringStrategy = {} } = args;
  const resources = scoringStrategy.resources?.length ? scoringStrategy.resources : usualResources;
  const rate = ratingOf(scoringStrategy);
  const isIgnored = (name: string) =>
    ignoredResources.includes(name) || ignoredResourceGroups.includes(name.slice(0, Math.max(0, name.indexOf('/'))));
  return {
    name: 'NodeResourcesFit',
    prepare: (pod): Wanted => ({
      amounts: Object.entries(podRequests(pod)).filter(([name, amount]) => amount > 0 && !isIgnored(name)),
    }),
    filter(_pod, info, prepared) {
      const reasons: string[] = [];
      let isFinal = false;
      if (info.pods.length + 1 > (info.allocatable['pods'] ?? 0)) reasons.push('Too many pods');
      for (const [name, amount] of (prepared as Wanted).amounts) {
        const most = info.allocatable[name] ?? 0;
        if (amount <= most - (info.requested[name] ?? 0)) continue;
        reasons.push(`Insufficient ${name}`);
        if (amount > most) isFinal = true; // not even an empty node of this kind would do
      }
      return reasons.length === 0 ? undefined : { reasons, isFinal };
    },
    prepareScore: (pod): Amounts => ({ ...podRequests(pod), ...nonZeroRequests(pod) }),
    score(_pod, info, prepared) {
      let [sum, weights] = [0, 0];
      for (const { name, weight: stated } of resources) {
        const weight = stated || 1;
        const most = info.allocatable[name] ?? 0;
        if (most === 0 || isNoMatter(name, prepared as Amounts)) continue;
        sum += weight * rate(usedOf(info, name) + ((prepared as Amounts)[name] ?? 0), most);
        weights += weight;
      }
      return weights === 0 ? 0 : Math.trunc(sum / weights);
    },
    helps(pod, change) {
      if (change.what !== 'node') return makesRoom(change);
      const allocatable = amountsOf(change.now.status.allocatable ?? change.now.status.capacity);
      return Object.entries(podRequests(pod)).every(([name, amount]) => amount <= (allocatable[name] ?? 0));
    },
  };
}

export const nodeResourcesFit: Plugin = createFit();

/** Of what not every pod takes, only those who want it are judged by how much is left. */
export function isNoMatter(name: string, wanted: Amounts): boolean {
  return !(wanted[name] ?? 0) && !common.has(name);
}
const common: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage', 'storage']);

function usedOf({ nonZero, requested }: NodeInfo, name: string): number {
  return name === 'cpu' || name === 'memory' ? nonZero[name] : (requested[name] ?? 0);
}

/** What a share of use is worth: 0 to 100. */
function ratingOf({ type = 'LeastAllocated', requestedToCapacityRatio }: ScoringStrategy) {
  switch (type) {
    case 'MostAllocated':
      return (used: number, most: number) => Math.trunc((Math.min(used, most) * mostScore) / most);
    case 'RequestedToCapacityRatio': {
      const shape = requestedToCapacityRatio?.shape ?? [];
      return (used: number, most: number) => onLine(shape, used > most ? 100 : Math.trunc((used * 100) / most));
    }
    default:
      return (used: number, most: number) => (used > most ? 0 : Math.trunc(((most - used) * mostScore) / most));
  }
}

/** Straight lines between the points; their scores are out of ten. */
export function onLine(shape: readonly ShapePoint[], at: number): number {
  const next = shape.findIndex(({ utilization }) => at <= utilization);
  if (next === -1) return (shape.at(-1)?.score ?? 0) * 10;
  const [after, before] = [shape[next]!, shape[next - 1]];
  if (before === undefined) return after.score * 10;
  const share = (at - before.utilization) / (after.utilization - before.utilization);
  return Math.trunc((before.score + (after.score - before.score) * share) * 10);
}
