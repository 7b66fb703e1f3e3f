import { compareQuantities } from '#lib/api/quantity.ts';
import type { PersistentVolumeClaim } from '#lib/api/types/core.v1.ts';
import type { StorageClass } from '#lib/api/types/storage.v1.ts';
import type { Plugin } from './admission.ts';
import { refuse } from './refuse.ts';

export interface ClaimResizeOptions {
  classNamed(name: string): StorageClass | undefined;
}

/** A claim grows only once it is bound, and where its class allows that. Rule: PersistentVolumeClaimResize. */
export function createClaimResize({ classNamed }: ClaimResizeOptions): Plugin {
  return {
    name: 'PersistentVolumeClaimResize',
    validate(attributes) {
      const { operation, group, resource, subresource } = attributes;
      if (operation !== 'UPDATE' || group !== '' || resource !== 'persistentvolumeclaims' || subresource !== '') return;
      const next = attributes.object as unknown as PersistentVolumeClaim;
      const before = attributes.oldObject as unknown as PersistentVolumeClaim;
      if (compareQuantities(sizeOf(next), sizeOf(before)) <= 0) return;
      if (before.status?.phase !== 'Bound')
        throw refuse(attributes, 'Only bound persistent volume claims can be expanded');
      const [was, is] = [classOf(before), classOf(next)];
      if (was !== '' && was === is && classNamed(is)?.allowVolumeExpansion === true) return;
      throw refuse(attributes, fixed);
    },
  };
}
const fixed =
  'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';

function sizeOf({ spec }: PersistentVolumeClaim): string {
  return spec?.resources?.requests?.['storage'] ?? '0';
}

function classOf({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName ?? '';
}
