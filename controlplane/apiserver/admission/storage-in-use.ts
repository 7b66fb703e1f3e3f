import type { Plugin } from './admission.ts';

/** Volumes and claims go only once nobody uses them: a controller takes the finalizer off. Rule: StorageObjectInUseProtection. */
export const storageInUse: Plugin = {
  name: 'StorageObjectInUseProtection',
  mutate({ operation, group, resource, subresource, object }) {
    const finalizer = finalizers[resource];
    if (operation !== 'CREATE' || group !== '' || subresource !== '' || finalizer === undefined) return;
    const { metadata } = object!;
    if (metadata.finalizers?.includes(finalizer)) return;
    metadata.finalizers = [...(metadata.finalizers ?? []), finalizer];
  },
};
const finalizers: Readonly<Record<string, string>> = {
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  persistentvolumes: 'kubernetes.io/pv-protection',
};
