import { persistentVolumeClaims, persistentVolumes } from '#lib/api/resources.ts';
import type { PersistentVolume, PersistentVolumeClaim, Pod, Volume } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { ReasonError } from '#lib/errors.ts';

/** Name of the claim that stands behind `volume`, or `undefined` if it is of another kind. */
export function claimNameOf(pod: Pod, { name, persistentVolumeClaim, ephemeral }: Volume): string | undefined {
  if (ephemeral) return `${pod.metadata.name}-${name}`;
  return persistentVolumeClaim?.claimName;
}

/**
 * The persistent volume that `volume`'s claim is bound to.
 * @throws {ReasonError} if the claim is not (yet) bound to it, is going away, or belongs to another pod
 */
export async function boundVolume(
  pod: Pod,
  volume: Volume,
  claimName: string,
  client: Client,
  signal: AbortSignal,
): Promise<PersistentVolume> {
  const { namespace = 'default' } = pod.metadata;
  const claim = await client.get(persistentVolumeClaims, { namespace, name: claimName }, signal);
  assertUsable(claim, pod, volume);
  const bound = await client.get(persistentVolumes, { name: claim.spec.volumeName! }, signal);
  const { claimRef } = bound.spec;
  if (claimRef?.uid !== claim.metadata.uid || claimRef?.name !== claimName || claimRef?.namespace !== namespace) {
    throw new ReasonError('Conflict', `PVC and PV are not bound to each other: ${claimName}, ${bound.metadata.name}`);
  }
  return bound;
}

function assertUsable({ metadata, spec, status }: PersistentVolumeClaim, pod: Pod, { ephemeral }: Volume): void {
  if (ephemeral && !metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === pod.metadata.uid)) {
    const words = `PVC ${metadata.namespace}/${metadata.name} was not created for pod ${pod.metadata.namespace}/${pod.metadata.name} (pod is not owner)`;
    throw new ReasonError('Conflict', words);
  }
  if (metadata.deletionTimestamp) throw new ReasonError('Conflict', 'PVC is being deleted');
  if (status.phase !== 'Bound' || !spec.volumeName) throw new ReasonError('Conflict', 'PVC is not bound');
}
