// How objects of one version are read from JSON: what a schema does not specify goes, metadata is what metadata is.
import { conformObject } from '#lib/api/json/decode.ts';
import { type TypeSchema, typeNamed } from '#lib/api/schema.ts';
import { prune } from '#lib/api/structural/prune.ts';
import { isStruct, type Structural } from '#lib/api/structural/structural.ts';
import type { Definition, Version } from './resource.ts';
import { acceptedNames } from './resource.ts';

export function schemaOf({ schema }: Version): Structural {
  return schema?.openAPIV3Schema ?? {};
}

export function typeOfVersion(definition: Definition, version: Version): TypeSchema {
  const { group } = definition.spec;
  const { kind } = acceptedNames(definition);
  const schema = schemaOf(version);
  return {
    name: definitionName(group, version.name, kind),
    facts: { gvk: [[group, version.name, kind]] },
    members: [],
    byJson: new Map(),
    conform(object) {
      const { value, unknownFields } = prune(object, schema, true);
      const pruned = value as Record<string, unknown>;
      if (!isStruct(pruned['metadata'])) return { object: { ...pruned }, unknownFields };
      const meta = conformObject(pruned['metadata'], typeNamed('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'));
      return {
        object: { ...pruned, metadata: meta.object },
        unknownFields: [...meta.unknownFields.map((field) => `metadata.${field}`), ...unknownFields],
      };
    },
  };
}

/** `com.example.stable.v1.CronTab`: as OpenAPI names it. */
export function definitionName(group: string, version: string, kind: string): string {
  return [...group.split('.').reverse(), version, kind].join('.');
}
