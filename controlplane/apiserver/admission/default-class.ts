import type { Mutable } from '#lib/api/kinds/object.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import type { PersistentVolumeClaim } from '#lib/api/types/core.v1.ts';
import type { Ingress } from '#lib/api/types/networking.v1.ts';
import type { Plugin } from './admission.ts';

export interface DefaultClassOptions {
  storageClasses(): readonly KubeObject[];
  ingressClasses(): readonly KubeObject[];
}

/** Claims and ingresses that name no class get the default one. Rule: DefaultStorageClass, DefaultIngressClass. */
export function createDefaultClass({ storageClasses, ingressClasses }: DefaultClassOptions): Plugin {
  return {
    name: 'DefaultClass',
    mutate(attributes) {
      const { operation, group, resource, subresource, object } = attributes;
      if (operation !== 'CREATE' || subresource !== '') return;
      if (group === '' && resource === 'persistentvolumeclaims') {
        const claim = object as unknown as Mutable<PersistentVolumeClaim>;
        const isNamed =
          claim.spec?.storageClassName !== undefined || claim.metadata.annotations?.[oldStorage] !== undefined;
        const found = isNamed ? undefined : newest(storageClasses(), 'storageclass.kubernetes.io/is-default-class');
        if (found !== undefined && claim.spec !== undefined) claim.spec.storageClassName = found.metadata.name;
      }
      if (group === 'networking.k8s.io' && resource === 'ingresses') {
        const ingress = object as unknown as Mutable<Ingress>;
        if (ingress.spec?.ingressClassName !== undefined || ingress.metadata.annotations?.[oldIngress] !== undefined)
          return;
        const found = newest(ingressClasses(), 'ingressclass.kubernetes.io/is-default-class');
        if (found !== undefined && ingress.spec !== undefined) ingress.spec.ingressClassName = found.metadata.name;
      }
    },
  };
}
const oldStorage = 'volume.beta.kubernetes.io/storage-class';
const oldIngress = 'kubernetes.io/ingress.class';

/** Of several defaults the newest counts, then the first by name. */
function newest(classes: readonly KubeObject[], annotation: string): KubeObject | undefined {
  const time = ({ metadata }: KubeObject): number => Date.parse(metadata.creationTimestamp ?? '') || 0;
  return classes
    .filter(({ metadata }) => metadata.annotations?.[annotation] === 'true')
    .toSorted((a, b) => time(b) - time(a) || (a.metadata.name < b.metadata.name ? -1 : 1))[0];
}
