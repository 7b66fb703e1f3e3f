import type { Container, Pod, Volume } from '#lib/api/types/core.v1.ts';

/** What a pod's node must be able to read for it, as 'resource namespace/name'. */
export function referencesOf(pod: Pod): readonly string[] {
  return [...new Set(compute(pod))];
}

function* compute({ metadata, spec, status }: Pod): Generator<string> {
  const at = (resource: string, name: string | undefined) => `${resource} ${metadata.namespace}/${name}`;
  if (spec === undefined) return;
  yield at('serviceaccounts', spec.serviceAccountName || 'default');
  for (const { name } of spec.imagePullSecrets ?? []) yield at('secrets', name);
  const containers: readonly Pick<Container, 'env' | 'envFrom'>[] = [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ];
  for (const { env = [], envFrom = [] } of containers) {
    for (const { secretRef, configMapRef } of envFrom) {
      if (secretRef !== undefined) yield at('secrets', secretRef.name);
      if (configMapRef !== undefined) yield at('configmaps', configMapRef.name);
    }
    for (const { valueFrom } of env) {
      if (valueFrom?.secretKeyRef !== undefined) yield at('secrets', valueFrom.secretKeyRef.name);
      if (valueFrom?.configMapKeyRef !== undefined) yield at('configmaps', valueFrom.configMapKeyRef.name);
    }
  }
  for (const volume of spec.volumes ?? []) yield* ofVolume(volume, metadata.name, at);
  for (const claim of status?.resourceClaimStatuses ?? []) {
    if (claim.resourceClaimName !== undefined) yield at('resourceclaims', claim.resourceClaimName);
  }
}

function* ofVolume(
  volume: Volume,
  podName: string,
  at: (resource: string, name: string | undefined) => string,
): Generator<string> {
  if (volume.secret !== undefined) yield at('secrets', volume.secret.secretName);
  if (volume.configMap !== undefined) yield at('configmaps', volume.configMap.name);
  if (volume.persistentVolumeClaim !== undefined)
    yield at('persistentvolumeclaims', volume.persistentVolumeClaim.claimName);
  if (volume.ephemeral !== undefined) yield at('persistentvolumeclaims', `${podName}-${volume.name}`);
  if (volume.csi?.nodePublishSecretRef !== undefined) yield at('secrets', volume.csi.nodePublishSecretRef.name);
  for (const source of volume.projected?.sources ?? []) {
    if (source.secret !== undefined) yield at('secrets', source.secret.name);
    if (source.configMap !== undefined) yield at('configmaps', source.configMap.name);
  }
}
