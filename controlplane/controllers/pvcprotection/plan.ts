import type { KubeObject } from '#lib/api/resource.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';

/** What becomes of a claim's finalizer: it is there from the start, and goes when a claim that goes is used no more. */
export function planFinalizer(
  { metadata }: KubeObject,
  isUsed: boolean,
  finalizer = ofClaims,
): 'add' | 'remove' | 'keep' {
  const isHeld = metadata.finalizers?.includes(finalizer) ?? false;
  if (metadata.deletionTimestamp === undefined) return isHeld ? 'keep' : 'add';
  return isHeld && !isUsed ? 'remove' : 'keep';
}
const ofClaims = 'kubernetes.io/pvc-protection';

/** Names of the claims that a pod uses, those made for it included until it is shut down. */
export function claimsOf({ metadata, spec }: Pod): readonly string[] {
  const isShutDown = metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0;
  return (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim) return [persistentVolumeClaim.claimName];
    return ephemeral && !isShutDown ? [`${metadata.name}-${name}`] : [];
  });
}
