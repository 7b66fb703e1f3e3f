import type { KubeObject } from '#lib/api/resource.ts';

export function metadataOf(object: KubeObject, apiVersion: string): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion, metadata: object.metadata };
}
