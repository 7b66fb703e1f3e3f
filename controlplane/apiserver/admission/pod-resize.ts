import { amountsOf, podRequests } from '#lib/api/scheduling/requests.ts';
import type { Node, Pod } from '#lib/api/types/core.v1.ts';
import type { Plugin } from './admission.ts';
import { refuse } from './refuse.ts';

export interface PodResizeOptions {
  nodeNamed(name: string): Node | undefined;
}

/** Refuses a resize that the pod's node can never follow. Rule: PodResizeValidator. */
export function createPodResize({ nodeNamed }: PodResizeOptions): Plugin {
  return {
    name: 'PodResizeValidator',
    validate(attributes) {
      const { operation, group, resource, subresource } = attributes;
      if (operation !== 'UPDATE' || group !== '' || resource !== 'pods' || subresource !== 'resize') return;
      const [next, before] = [attributes.object as unknown as Pod, attributes.oldObject as unknown as Pod];
      const name = next.spec?.nodeName;
      if (!name || next.metadata.generation === before.metadata.generation) return;
      const node = nodeNamed(name);
      if (node === undefined) throw refuse(attributes, `node "${name}" not found`);
      const short = shortages(next, node);
      if (short.length > 0) {
        const why = `Node didn't have enough allocatable resources: ${short.join('; ')}`;
        throw refuse(attributes, why, [{ reason: 'NodeCapacity' }]);
      }
      const os = node.metadata.labels?.['kubernetes.io/os'] ?? '';
      if (os !== 'linux') {
        const why = `pod resize is only supported on linux nodes, node "${name}" is "${os}"`;
        throw refuse(attributes, why, [{ reason: 'UnsupportedPlatform' }]);
      }
    },
  };
}

function shortages(pod: Pod, { status }: Node): readonly string[] {
  const [asks, has] = [podRequests(pod), amountsOf(status.allocatable)];
  return ['cpu', 'memory'].flatMap((name) => {
    const [requested, allocatable] = [asks[name] ?? 0, has[name] ?? 0];
    return requested > allocatable ? [`${name}, requested: ${requested}, allocatable: ${allocatable}`] : [];
  });
}
