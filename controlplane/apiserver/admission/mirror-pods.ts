// What a pod that a node makes may be: the image of one that it runs by itself, and nothing that reads what others keep.
// Rule: NodeRestriction, admitPodCreate.
import type { Container, EphemeralContainer, Node, Pod, PodSpec, Volume } from '#lib/api/types/core.v1.ts';

/** What is wrong with it; undefined: nothing. */
export function wrongMirrorPod({ metadata, spec }: Pod, name: string, node: Node | undefined): string | undefined {
  const who = `node ${JSON.stringify(name)}`;
  if (metadata.annotations?.['kubernetes.io/config.mirror'] === undefined) {
    return `pod does not have "kubernetes.io/config.mirror" annotation, ${who} can only create mirror pods`;
  }
  if (spec?.nodeName !== name) return `${who} can only create pods with spec.nodeName set to itself`;
  const [owner, ...others] = metadata.ownerReferences ?? [];
  if (others.length > 0) return `${who} can only create pods with a single owner reference set to itself`;
  if (owner === undefined || owner.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== name) {
    return `${who} can only create pods with an owner reference set to itself`;
  }
  if (owner.controller !== true) return `${who} can only create pods with a controller owner reference set to itself`;
  if (owner.blockOwnerDeletion === true) return `${who} must not set blockOwnerDeletion on an owner reference`;
  if (owner.uid !== node?.metadata.uid) {
    return `node ${name} UID mismatch: expected ${owner.uid} got ${node?.metadata.uid ?? ''}`;
  }
  if (spec.serviceAccountName) return `${who} can not create pods that reference a service account`;
  const what = referredTo(spec);
  return what === undefined ? undefined : `${who} can not create pods that reference ${what}`;
}

function referredTo(spec: PodSpec): string | undefined {
  const volumes = spec.volumes ?? [];
  const containers = [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
  const some = (kind: 'secret' | 'configMap') =>
    containers.some((one) => readsFrom(one, kind)) || volumes.some((one) => holds(one, kind));
  const sources = volumes.flatMap(({ projected }) => projected?.sources ?? []);
  if ((spec.imagePullSecrets ?? []).length > 0 || some('secret') || volumes.some(hasOtherSecret)) return 'secrets';
  if (some('configMap')) return 'configmaps';
  if (sources.some(({ clusterTrustBundle }) => clusterTrustBundle !== undefined)) return 'clustertrustbundles';
  return volumes.some((one) => one.persistentVolumeClaim !== undefined) ? 'persistentvolumeclaims' : undefined;
}

function readsFrom({ env, envFrom }: Container | EphemeralContainer, kind: 'secret' | 'configMap'): boolean {
  return (
    (envFrom ?? []).some((source) => source[`${kind}Ref`] !== undefined) ||
    (env ?? []).some(({ valueFrom }) => valueFrom?.[`${kind}KeyRef`] !== undefined)
  );
}

function holds(volume: Volume, kind: 'secret' | 'configMap'): boolean {
  return volume[kind] !== undefined || (volume.projected?.sources ?? []).some((source) => source[kind] !== undefined);
}

/** Volumes of storage elsewhere name a secret to reach it by. */
function hasOtherSecret(volume: Volume): boolean {
  return Object.values(volume).some(
    (source) =>
      typeof source === 'object' &&
      source !== null &&
      ('secretRef' in source || 'nodePublishSecretRef' in source || ('secretName' in source && 'shareName' in source)),
  );
}
