// A pod of a StatefulSet: its name, its place, its claims. Pure. Rule: StatefulSets, "Pod Identity".

import { statefulSets } from '#lib/api/resources.ts';
import type { StatefulSet } from '#lib/api/types/apps.v1.ts';
import type { PersistentVolumeClaim, Pod, PodTemplateSpec, Volume } from '#lib/api/types/core.v1.ts';
import { revisionLabel } from '../shared/history.ts';
import { controllerReference } from '../shared/owners.ts';
import { podFrom } from '../shared/pods.ts';

export const podNameLabel = 'statefulset.kubernetes.io/pod-name';
export const podIndexLabel = 'apps.kubernetes.io/pod-index';

/** Undefined if the pod's name is none of the set's. */
export function ordinalOf(pod: Pod, set: StatefulSet): number | undefined {
  const { name } = pod.metadata;
  const prefix = `${set.metadata.name}-`;
  const rest = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  return /^\d{1,9}$/.test(rest) ? Number(rest) : undefined;
}

export function startOf({ spec }: StatefulSet): number {
  return spec.ordinals?.start ?? 0;
}

export function podName({ metadata }: StatefulSet, ordinal: number): string {
  return `${metadata.name}-${ordinal}`;
}

export function claimName(set: StatefulSet, template: PersistentVolumeClaim, ordinal: number): string {
  return `${template.metadata.name}-${set.metadata.name}-${ordinal}`;
}

export function podDraft(set: StatefulSet, template: PodTemplateSpec, revision: string, ordinal: number) {
  const name = podName(set, ordinal);
  const draft = podFrom(template, controllerReference(statefulSets, set), { name });
  const labels = {
    ...draft.metadata.labels,
    [podNameLabel]: name,
    [podIndexLabel]: String(ordinal),
    [revisionLabel]: revision,
  };
  const claims = claimVolumes(set, ordinal);
  const others = (draft.spec.volumes ?? []).filter((volume) => !claims.some((claim) => claim.name === volume.name));
  const volumes = [...claims, ...others];
  return {
    metadata: { ...draft.metadata, namespace: set.metadata.namespace, labels },
    spec: {
      ...draft.spec,
      hostname: name,
      ...(set.spec.serviceName ? { subdomain: set.spec.serviceName } : {}),
      ...(volumes.length > 0 ? { volumes } : {}),
    },
  };
}

function claimVolumes(set: StatefulSet, ordinal: number): readonly Volume[] {
  return (set.spec.volumeClaimTemplates ?? []).map((template) => ({
    name: template.metadata.name,
    persistentVolumeClaim: { claimName: claimName(set, template, ordinal) },
  }));
}

export function claimDraft(set: StatefulSet, template: PersistentVolumeClaim, ordinal: number) {
  return {
    ...template,
    metadata: {
      ...template.metadata,
      name: claimName(set, template, ordinal),
      namespace: set.metadata.namespace,
      labels: { ...template.metadata.labels, ...set.spec.selector.matchLabels },
    },
  };
}
