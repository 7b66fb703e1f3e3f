import { featuresToChange, undeclared } from '#lib/api/scheduling/declared-features.ts';
import type { Node, Pod } from '#lib/api/types/core.v1.ts';
import type { Plugin } from './admission.ts';
import { refuse } from './refuse.ts';

export interface DeclaredFeaturesOptions {
  nodeNamed(name: string): Node | undefined;
}

/** Refuses changes of a pod that its node has not declared it can follow. Rule: KEP-5328, NodeDeclaredFeatureValidator. */
export function createDeclaredFeatures({ nodeNamed }: DeclaredFeaturesOptions): Plugin {
  return {
    name: 'NodeDeclaredFeatureValidator',
    validate(attributes) {
      const { operation, group, resource, subresource } = attributes;
      if (operation !== 'UPDATE' || group !== '' || resource !== 'pods') return;
      if (subresource !== '' && subresource !== 'resize') return;
      const [next, before] = [attributes.object as unknown as Pod, attributes.oldObject as unknown as Pod];
      const name = next.spec?.nodeName;
      if (!name || next.metadata.generation === before.metadata.generation) return;
      const features = featuresToChange(next, before);
      if (features.length === 0) return;
      const node = nodeNamed(name);
      if (node === undefined) throw refuse(attributes, `node "${name}" not found`);
      const missing = undeclared(features, node);
      if (missing.length === 0) return;
      const which = missing.join(', ');
      throw refuse(attributes, `pod update requires features ${which} which are not available on node "${name}"`);
    },
  };
}
