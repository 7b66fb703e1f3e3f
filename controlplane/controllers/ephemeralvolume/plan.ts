import type { Draft } from '#lib/api/resource.ts';
import type { PersistentVolumeClaim, Pod } from '#lib/api/types/core.v1.ts';

export type EphemeralClaim = Draft<PersistentVolumeClaim> & {
  readonly metadata: { readonly name: string };
  /** The pod's own name for it. */
  readonly volume: string;
};

/** The claims that a pod's ephemeral volumes stand for, named after both and owned by the pod. */
export function planClaims({ metadata, spec }: Pod): readonly EphemeralClaim[] {
  const { name: podName, namespace, uid = '' } = metadata;
  return (spec.volumes ?? []).flatMap(({ name, ephemeral }) => {
    const template = ephemeral?.volumeClaimTemplate;
    if (template === undefined) return [];
    const owner = { apiVersion: 'v1', kind: 'Pod', name: podName, uid, controller: true, blockOwnerDeletion: true };
    const { labels, annotations } = template.metadata ?? {};
    return [
      {
        volume: name,
        metadata: {
          name: `${podName}-${name}`,
          namespace,
          ownerReferences: [owner],
          ...(labels === undefined ? {} : { labels }),
          ...(annotations === undefined ? {} : { annotations }),
        },
        spec: template.spec,
      },
    ];
  });
}
