// How good a node is by the share of its storage that a pod's volumes take. Pure.
// Rule: VolumeBinding's Score, with StorageCapacityScoring as it is by default since v1.37.
import { wholeValue } from '#lib/api/quantity.ts';
import { askedBy, classOf } from '../../volumes/match.ts';
import { onLine, type ShapePoint } from './fit.ts';
import type { Decision } from './volume-binding.ts';

/** The less is taken, the better. */
export const usualShape: readonly ShapePoint[] = [
  { utilization: 0, score: 10 },
  { utilization: 100, score: 0 },
];

/** Volumes that are there count if there are any, else those that are to be made; each storage class as much as any other. */
export function scoreVolumes(decisions: readonly Decision[], shape: readonly ShapePoint[]): number {
  const taken = new Map<string, { asked: number; capacity: number }>();
  const isStatic = decisions.some((one) => one.do === 'bind');
  for (const decision of decisions) {
    if (isStatic !== (decision.do === 'bind')) continue;
    const text = decision.do === 'bind' ? decision.volume.spec.capacity?.['storage'] : decision.capacity;
    if (text === undefined) continue; // nobody knows
    const name = classOf(decision.claim);
    const known = taken.get(name) ?? { asked: 0, capacity: 0 };
    // Volumes to be made share what is there; those that are there each bring their own.
    const capacity = wholeValue(text) + (isStatic ? known.capacity : 0);
    taken.set(name, { asked: known.asked + wholeValue(askedBy(decision.claim)), capacity });
  }
  if (taken.size === 0) return 0;
  let sum = 0;
  for (const { asked, capacity } of taken.values()) {
    const isFull = capacity === 0 || asked > capacity;
    sum += onLine(shape, isFull ? 100 : Math.trunc((asked * 100) / capacity));
  }
  return Math.round(sum / taken.size);
}
