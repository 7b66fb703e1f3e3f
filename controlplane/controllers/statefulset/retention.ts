// Who keeps the claims of a StatefulSet's pods: the set, a pod that is scaled away, or nobody. What has an owner goes with it.
// Pure. Rule: StatefulSets, "PersistentVolumeClaim retention"; kubernetes pkg/controller/statefulset, stateful_set_utils.
import { pods as podResource, statefulSets } from '#lib/api/resources.ts';
import type { StatefulSet } from '#lib/api/types/apps.v1.ts';
import type { PersistentVolumeClaim, Pod } from '#lib/api/types/core.v1.ts';
import type { OwnerReference } from '#lib/api/types/meta.v1.ts';
import { controllerReference, refersTo } from '../shared/owners.ts';
import { ordinalOf, startOf } from './identity.ts';

export interface OwnersPlan {
  readonly owners: readonly OwnerReference[];
  /** Somebody else controls the claim: the policy is not for it. */
  readonly isContested: boolean;
}

/** The owners that the claim of `pod` is to have; undefined if it has them. */
export function planOwners(set: StatefulSet, pod: Pod, claim: PersistentVolumeClaim): OwnersPlan | undefined {
  const before = claim.metadata.ownerReferences ?? [];
  const isOurs = ({ uid }: OwnerReference) => uid === set.metadata.uid || uid === pod.metadata.uid;
  const ours = before.filter(isOurs);
  const isContested = keepsNothing(set) ? false : before.some((one) => !isOurs(one) && isRival(one, set, pod));
  const wanted = isContested ? [] : ownersFor(set, pod);
  const isSame =
    ours.length === wanted.length &&
    wanted.every(({ uid }) => ours.some((one) => one.uid === uid && one.controller === true));
  if (isSame) return undefined;
  const others = before.filter((one) => !isOurs(one) && !isNamed(one, set) && !isPod(one, pod));
  return { owners: [...others, ...wanted], isContested };
}

/** Whether the claim still belongs to an earlier pod of that name: it goes with that one, and a new pod has to wait. */
export function isStale(set: StatefulSet, podName: string, { metadata }: PersistentVolumeClaim): boolean {
  if (set.spec.persistentVolumeClaimRetentionPolicy?.whenScaled !== 'Delete') return false;
  return (metadata.ownerReferences ?? []).some((one) => refersTo(one, podResource) && one.name === podName);
}

function ownersFor(set: StatefulSet, pod: Pod): readonly OwnerReference[] {
  const { whenDeleted, whenScaled } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  if (whenScaled === 'Delete' && isScaledAway(set, pod)) return [controllerReference(podResource, pod)];
  return whenDeleted === 'Delete' ? [controllerReference(statefulSets, set)] : [];
}

function isScaledAway(set: StatefulSet, pod: Pod): boolean {
  const at = (ordinalOf(pod, set) ?? 0) - startOf(set);
  return at < 0 || at >= (set.spec.replicas ?? 1);
}

function keepsNothing({ spec }: StatefulSet): boolean {
  const { whenDeleted, whenScaled } = spec.persistentVolumeClaimRetentionPolicy ?? {};
  return whenDeleted !== 'Delete' && whenScaled !== 'Delete';
}

/** Another controller; or one of our name that is another object by now. */
function isRival(owner: OwnerReference, set: StatefulSet, pod: Pod): boolean {
  return owner.controller === true || isNamed(owner, set) || isPod(owner, pod);
}

function isNamed(owner: OwnerReference, { metadata }: StatefulSet): boolean {
  return refersTo(owner, statefulSets) && owner.name === metadata.name;
}

function isPod(owner: OwnerReference, { metadata }: Pod): boolean {
  return refersTo(owner, podResource) && owner.name === metadata.name;
}
