// Sizes of the ReplicaSets when the Deployment's own size changed, or while it is paused.
// Rule: kubernetes pkg/controller/deployment, sync.go scale and util.GetReplicaSetProportion.
import type { Deployment, ReplicaSet } from '#lib/api/types/apps.v1.ts';
import type { Limits } from './limits.ts';
import { annotations, availableOf, byAge, sizeOf, sizeOfAll } from './replica-sets.ts';
import type { Resize } from './rolling.ts';

/** Whether `desired` differs from what an active ReplicaSet was last told. */
export function isScaling({ desired }: Limits, all: readonly ReplicaSet[]): boolean {
  return all.some((set) => {
    const told = numberIn(set, annotations.desired);
    return sizeOf(set) > 0 && told !== undefined && told !== desired;
  });
}

export function planScaling(
  deployment: Deployment,
  limits: Limits,
  fresh: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): readonly Resize[] {
  const { desired, isRolling } = limits;
  const active = [...old, ...(fresh === undefined ? [] : [fresh])].filter((set) => sizeOf(set) > 0);
  if (active.length <= 1) {
    const only = active[0] ?? fresh ?? byAge(old).at(-1);
    return only === undefined ? [] : [{ set: only, to: desired }];
  }
  if (fresh !== undefined && isSaturated(fresh, desired)) {
    return old.filter((set) => sizeOf(set) > 0).map((set) => ({ set, to: 0 }));
  }
  return isRolling ? spread(deployment, limits, active) : [];
}

function isSaturated(fresh: ReplicaSet, desired: number): boolean {
  return (
    numberIn(fresh, annotations.desired) === desired && sizeOf(fresh) === desired && availableOf(fresh) === desired
  );
}

/** Each gets its share of what is to be added or taken, the largest one also what rounding left over. */
function spread(deployment: Deployment, limits: Limits, active: readonly ReplicaSet[]): readonly Resize[] {
  const allowed = limits.desired > 0 ? limits.desired + limits.surge : 0;
  const toAdd = allowed - sizeOfAll(active);
  if (toAdd === 0) return active.map((set) => ({ set, to: sizeOf(set) }));
  const aged = byAge(active);
  // Of equal ones the newest grows first, the oldest shrinks first.
  const sorted = (toAdd > 0 ? aged.toReversed() : [...aged]).sort((a, b) => sizeOf(b) - sizeOf(a));
  let added = 0;
  const shares = sorted.map((set) => {
    const share = shareOf(deployment, limits, set, toAdd, added);
    added += share;
    return { set, to: sizeOf(set) + share };
  });
  return shares.map(({ set, to }, index) => ({ set, to: index === 0 ? Math.max(0, to + toAdd - added) : to }));
}

function shareOf(deployment: Deployment, limits: Limits, set: ReplicaSet, toAdd: number, added: number): number {
  const rest = toAdd - added;
  if (sizeOf(set) === 0 || rest === 0) return 0;
  const fraction = fractionOf(deployment, limits, set);
  return toAdd > 0 ? Math.min(fraction, rest) : Math.max(fraction, rest);
}

function fractionOf({ status }: Deployment, { desired, surge }: Limits, set: ReplicaSet): number {
  if (desired === 0) return -sizeOf(set);
  const before = numberIn(set, annotations.max) || status?.replicas || 0;
  if (before === 0) return 0;
  return Math.round((sizeOf(set) * (desired + surge)) / before) - sizeOf(set);
}

function numberIn({ metadata }: ReplicaSet, key: string): number | undefined {
  const text = metadata.annotations?.[key];
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
}
