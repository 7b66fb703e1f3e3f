import type { Mutable } from '#lib/api/kinds/object.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import type { PersistentVolumeClaim } from '#lib/api/types/core.v1.ts';
import type { Ingress } from '#lib/api/types/networking.v1.ts';
import type { Attributes, Plugin } from './admission.ts';

export interface DefaultClassOptions {
  classes(): readonly KubeObject[];
}

/** Claims that name no class get the default one. */
export function createDefaultStorageClass({ classes }: DefaultClassOptions): Plugin {
  return {
    name: 'DefaultStorageClass',
    mutate(attributes) {
      if (!isNew(attributes, '', 'persistentvolumeclaims')) return;
      const { metadata, spec } = attributes.object as unknown as Mutable<PersistentVolumeClaim>;
      if (spec === undefined || spec.storageClassName !== undefined || metadata.annotations?.[oldStorage] !== undefined)
        return;
      const found = newest(classes(), 'storageclass.kubernetes.io/is-default-class');
      if (found !== undefined) spec.storageClassName = found.metadata.name;
    },
  };
}
const oldStorage = 'volume.beta.kubernetes.io/storage-class';

/** Ingresses that name no class get the default one. */
export function createDefaultIngressClass({ classes }: DefaultClassOptions): Plugin {
  return {
    name: 'DefaultIngressClass',
    mutate(attributes) {
      if (!isNew(attributes, 'networking.k8s.io', 'ingresses')) return;
      const { metadata, spec } = attributes.object as unknown as Mutable<Ingress>;
      if (spec === undefined || spec.ingressClassName !== undefined || metadata.annotations?.[oldIngress] !== undefined)
        return;
      const found = newest(classes(), 'ingressclass.kubernetes.io/is-default-class');
      if (found !== undefined) spec.ingressClassName = found.metadata.name;
    },
  };
}
const oldIngress = 'kubernetes.io/ingress.class';

function isNew({ operation, group, resource, subresource }: Attributes, inGroup: string, named: string): boolean {
  return operation === 'CREATE' && subresource === '' && group === inGroup && resource === named;
}

/** Of several defaults the newest counts, then the first by name. */
function newest(classes: readonly KubeObject[], annotation: string): KubeObject | undefined {
  const time = ({ metadata }: KubeObject): number => Date.parse(metadata.creationTimestamp ?? '') || 0;
  return classes
    .filter(({ metadata }) => metadata.annotations?.[annotation] === 'true')
    .toSorted((a, b) => time(b) - time(a) || (a.metadata.name < b.metadata.name ? -1 : 1))[0];
}
