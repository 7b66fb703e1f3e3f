// What becomes of an object whose owners are going or gone. Rule: Garbage Collection; kubernetes pkg/controller/garbagecollector.
import type { OwnerReference } from '#lib/api/types/meta.v1.ts';

export const foreground = 'foregroundDeletion';
export const orphan = 'orphan';

/** solid: there, and to stay; waiting: being deleted in the foreground, until its dependents are gone; absent: gone. */
export type OwnerState = 'solid' | 'waiting' | 'absent';

export interface DependentFacts {
  readonly owners: readonly { readonly reference: OwnerReference; readonly state: OwnerState }[];
  readonly finalizers: readonly string[];
  readonly hasDependents: boolean;
  /** One of its dependents waits for its own dependents, and so, round about, for this. */
  readonly isInCircle: boolean;
}

export type DependentPlan =
  | { readonly do: 'keep' }
  /** Some owners are left: the others are forgotten. */
  | { readonly do: 'forget'; readonly uids: readonly string[] }
  /** Its owners are not to wait for it: else a circle would wait for itself. */
  | { readonly do: 'unblock' }
  | { readonly do: 'delete'; readonly propagationPolicy: 'Background' | 'Foreground' | 'Orphan' };

export function planDependent({ owners, finalizers, hasDependents, isInCircle }: DependentFacts): DependentPlan {
  const inState = (state: OwnerState) => owners.filter((owner) => owner.state === state);
  const [solid, waiting, absent] = [inState('solid'), inState('waiting'), inState('absent')];
  if (owners.length === 0) return { do: 'keep' };
  if (solid.length > 0) {
    const uids = [...absent, ...waiting].map(({ reference }) => reference.uid);
    return uids.length === 0 ? { do: 'keep' } : { do: 'forget', uids };
  }
  // An owner in the foreground waits for it, and it waits for its own dependents.
  if (waiting.length > 0 && isInCircle && owners.some(({ reference }) => reference.blockOwnerDeletion)) {
    return { do: 'unblock' };
  }
  if (waiting.length > 0 && hasDependents) return { do: 'delete', propagationPolicy: 'Foreground' };
  if (finalizers.includes(orphan)) return { do: 'delete', propagationPolicy: 'Orphan' };
  return { do: 'delete', propagationPolicy: finalizers.includes(foreground) ? 'Foreground' : 'Background' };
}
