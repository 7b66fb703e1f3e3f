import type { Pod } from '#lib/api/types/core.v1.ts';
import { environmentNeeds } from './environment.ts';

/** Names, in the pod's own namespace, of the ConfigMaps and Secrets that its spec names: what the node may read for it. */
export interface References {
  readonly configMaps: ReadonlySet<string>;
  readonly secrets: ReadonlySet<string>;
}

/** Rule: the Node authorizer lets a node read exactly these. */
export function referencesOf({ spec }: Pod): References {
  const configMaps = new Set<string>();
  const secrets = new Set<string>();
  const add = (to: Set<string>, name: string | undefined) => name && to.add(name);
  const containers = [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])];
  for (const container of containers) {
    const needs = environmentNeeds(container);
    for (const name of needs.configMaps) add(configMaps, name);
    for (const name of needs.secrets) add(secrets, name);
  }
  for (const { name } of spec.imagePullSecrets ?? []) add(secrets, name);
  for (const volume of spec.volumes ?? []) {
    add(configMaps, volume.configMap?.name);
    add(secrets, volume.secret?.secretName);
    add(secrets, volume.csi?.nodePublishSecretRef?.name);
    for (const source of volume.projected?.sources ?? []) {
      add(configMaps, source.configMap?.name);
      add(secrets, source.secret?.name);
    }
  }
  return { configMaps, secrets };
}
