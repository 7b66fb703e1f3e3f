// What the binder, the scheduler and provisioners tell each other on claims and volumes. Rule: well-known annotations.
import type { KubeObject } from '#lib/api/resource.ts';

export const bindCompleted = 'pv.kubernetes.io/bind-completed';
/** We made the tie, and may undo it. */
export const boundByController = 'pv.kubernetes.io/bound-by-controller';
export const provisionedBy = 'pv.kubernetes.io/provisioned-by';
export const selectedNode = 'volume.kubernetes.io/selected-node';
export const storageProvisioner = 'volume.kubernetes.io/storage-provisioner';
export const betaStorageProvisioner = 'volume.beta.kubernetes.io/storage-provisioner';

export function hasAnnotation({ metadata }: KubeObject, key: string): boolean {
  return metadata.annotations?.[key] !== undefined;
}
