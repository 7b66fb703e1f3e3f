// What is to be done about a volume as things stand. Pure. Rule: pv_controller.go, syncVolume and reclaimVolume.
import type { PersistentVolume, PersistentVolumeClaim } from '#lib/api/types/core.v1.ts';
import { boundByController, hasAnnotation, provisionedBy } from '../../volumes/annotations.ts';

export type VolumeStep =
  | { readonly do: 'nothing' }
  | { readonly do: 'phase'; readonly phase: Phase }
  /** The claim is about to be tied: that is its turn. */
  | { readonly do: 'leave-to-claim' }
  | { readonly do: 'untie' }
  /** Its claim is gone: then what its policy says. */
  | { readonly do: 'release'; readonly reclaim: 'keep' | 'delete' | 'recycle' };

type Phase = 'Available' | 'Bound';

/** @param claim the one that the volume names, if it is there: the same object, not another of its name */
export function planVolume(volume: PersistentVolume, claim: PersistentVolumeClaim | undefined): VolumeStep {
  const { claimRef } = volume.spec;
  if (claimRef === undefined || !claimRef.uid) return { do: 'phase', phase: 'Available' };
  if (claim === undefined) return release(volume);
  if (!claim.spec.volumeName) return { do: 'leave-to-claim' };
  if (claim.spec.volumeName === volume.metadata.name) return { do: 'phase', phase: 'Bound' };
  // The claim has another volume.
  const isSpare = hasAnnotation(volume, provisionedBy) && volume.spec.persistentVolumeReclaimPolicy === 'Delete';
  if (isSpare && hasAnnotation(volume, boundByController)) return release(volume);
  return { do: 'untie' };
}

function release({ spec }: PersistentVolume): VolumeStep {
  switch (spec.persistentVolumeReclaimPolicy) {
    case 'Delete':
      return { do: 'release', reclaim: 'delete' };
    case 'Recycle':
      return { do: 'release', reclaim: 'recycle' };
    default:
      return { do: 'release', reclaim: 'keep' };
  }
}
