import { notFound } from '#lib/api/status.ts';
import type { Namespace } from '#lib/api/types/core.v1.ts';
import type { Plugin } from './admission.ts';
import { refuse } from './refuse.ts';

export interface NamespaceLifecycleOptions {
  /** The namespace as it stands now. */
  namespaceNamed(name: string): Namespace | undefined;
}

/** Nothing comes into a namespace that is not there or is going; some namespaces never go. Rule: NamespaceLifecycle. */
export function createNamespaceLifecycle({ namespaceNamed }: NamespaceLifecycleOptions): Plugin {
  return {
    name: 'NamespaceLifecycle',
    mutate(attributes) {
      const { operation, group, resource, name, namespace, subresource } = attributes;
      const isNamespaces = group === '' && resource === 'namespaces';
      if (operation === 'DELETE') {
        if (isNamespaces && immortal.has(name)) throw refuse(attributes, 'this namespace may not be deleted');
        return;
      }
      if (isNamespaces || namespace === '' || reviews.has(resource)) return;
      const found = namespaceNamed(namespace);
      if (found === undefined) throw notFound({ group: '', resource: 'namespaces' }, namespace);
      if (operation !== 'CREATE' || subresource !== '' || found.status?.phase !== 'Terminating') return;
      const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
      const message = `namespace ${namespace} is being terminated`;
      throw refuse(attributes, why, [{ reason: 'NamespaceTerminating', message, field: 'metadata.namespace' }]);
    },
  };
}
const immortal: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public']);
const reviews: ReadonlySet<string> = new Set(['localsubjectaccessreviews']);
