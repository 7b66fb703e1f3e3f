// Sizes of the ReplicaSets during a rolling update: up as the surge allows, down as availability allows.
// Rule: kubernetes pkg/controller/deployment, rolling.go and util.NewRSNewReplicas.
import type { ReplicaSet } from '#lib/api/types/apps.v1.ts';
import type { Limits } from './limits.ts';
import { availableOf, byAge, sizeOf, sizeOfAll } from './replica-sets.ts';

export interface Resize {
  readonly set: ReplicaSet;
  readonly to: number;
}

/** The size that the new ReplicaSet may have now. */
export function newSize({ desired, isRolling, surge }: Limits, all: readonly ReplicaSet[], current: number): number {
  if (!isRolling || current > desired) return desired;
  const room = desired + surge - sizeOfAll(all);
  return room <= 0 ? current : current + Math.min(room, desired - current);
}

/** How to shrink the old ones: first those pods that do not work anyway, then as many as the new ones replace. */
export function shrinkOld(limits: Limits, old: readonly ReplicaSet[], fresh: ReplicaSet): readonly Resize[] {
  const all = [...old, fresh];
  if (sizeOfAll(old) === 0) return [];
  const fewest = limits.desired - limits.unavailable;
  const freshMissing = sizeOf(fresh) - availableOf(fresh);
  const spare = sizeOfAll(all) - fewest - freshMissing;
  if (spare <= 0) return [];
  const sizes = new Map(byAge(old).map((set) => [set, sizeOf(set)]));
  takeBroken(sizes, spare);
  const available = all.reduce((sum, set) => sum + availableOf(set), 0);
  takeWorking(sizes, available - fewest);
  return [...sizes].filter(([set, to]) => to !== sizeOf(set)).map(([set, to]) => ({ set, to }));
}

function takeBroken(sizes: Map<ReplicaSet, number>, most: number): void {
  let left = most;
  for (const [set, size] of sizes) {
    const count = Math.min(left, Math.max(0, size - availableOf(set)));
    sizes.set(set, size - count);
    left -= count;
  }
}

function takeWorking(sizes: Map<ReplicaSet, number>, most: number): void {
  let left = Math.max(0, most);
  for (const [set, size] of sizes) {
    const count = Math.min(left, size);
    sizes.set(set, size - count);
    left -= count;
  }
}
