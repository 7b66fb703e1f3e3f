// A volume and a claim, tied to each other: each names the other. Pure.
// Rule: pv_controller.go bind, unbindVolume; GetBindVolumeToClaim.
import type { PersistentVolume, PersistentVolumeClaim } from '#lib/api/types/core.v1.ts';
import { bindCompleted, boundByController, hasAnnotation } from './annotations.ts';
import { isBoundTo } from './match.ts';

/** The volume as it names the claim; undefined: it does already. */
export function tiedVolume(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume | undefined {
  const { claimRef } = volume.spec;
  const { namespace, name, uid, resourceVersion } = claim.metadata;
  if (claimRef?.uid === uid && claimRef?.name === name && claimRef?.namespace === namespace) return undefined;
  // Who bound it in advance keeps that: it is not ours to undo.
  const isOurs = !isBoundTo(volume, claim);
  return {
    ...volume,
    metadata: isOurs ? annotated(volume.metadata, boundByController) : volume.metadata,
    spec: {
      ...volume.spec,
      claimRef: { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name, uid, resourceVersion },
    },
  };
}

/** The claim as it names the volume; undefined: it does already. */
export function tiedClaim(claim: PersistentVolumeClaim, volume: PersistentVolume): PersistentVolumeClaim | undefined {
  const isNamed = claim.spec.volumeName === volume.metadata.name;
  if (isNamed && hasAnnotation(claim, bindCompleted)) return undefined;
  const metadata = isNamed ? claim.metadata : annotated(claim.metadata, boundByController);
  return {
    ...claim,
    metadata: annotated(metadata, bindCompleted),
    spec: { ...claim.spec, volumeName: volume.metadata.name },
  };
}

/** The volume without its claim; where a person tied them, the name stays. */
export function untiedVolume(volume: PersistentVolume): PersistentVolume {
  const { claimRef, ...spec } = volume.spec;
  if (!hasAnnotation(volume, boundByController)) {
    const { uid: _uid, resourceVersion: _version, ...named } = claimRef ?? {};
    return { ...volume, spec: { ...spec, claimRef: named } };
  }
  const { [boundByController]: _ours, ...annotations } = volume.metadata.annotations ?? {};
  return { ...volume, metadata: { ...volume.metadata, annotations }, spec };
}

function annotated<T extends { readonly annotations?: Readonly<Record<string, string>> | undefined }>(
  metadata: T,
  key: string,
): T {
  return { ...metadata, annotations: { ...metadata.annotations, [key]: 'yes' } };
}
