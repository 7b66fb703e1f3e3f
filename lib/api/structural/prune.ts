import { conformObject } from '../json/decode.ts';
import { typeNamed } from '../schema.ts';
import { additionalOf, isStruct, itemsOf, mapItems, mapValues, propertyOf, type Structural } from './structural.ts';

export interface Pruned {
  readonly value: unknown;
  /** Paths such as `spec.list[0].foo`. */
  readonly unknownFields: readonly string[];
}

/**
 * `value` without the fields that `schema` does not specify. Nothing is changed in place: what stays is shared.
 * Rule: Custom Resources, "Field pruning".
 */
export function prune(value: unknown, schema: Structural, isRoot: boolean): Pruned {
  const unknownFields: string[] = [];
  return { value: visit(value, schema, isRoot, '', unknownFields), unknownFields };
}

const nothing: Structural = {};
/** As many as upstream lists of one object. */
const maxUnknown = 100;

function visit(value: unknown, schema: Structural, isRoot: boolean, path: string, unknown: string[]): unknown {
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const isResource = isRoot || schema['x-kubernetes-embedded-resource'] === true;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (items === undefined && preserves) return value;
    return mapItems(value, (item, index) => visit(item, items ?? nothing, false, `${path}[${index}]`, unknown));
  }
  if (!isStruct(value)) return value;
  return mapValues(value, (item, key) => {
    const at = path === '' ? key : `${path}.${key}`;
    if (isResource && ofResources.has(key)) return !isRoot && key === 'metadata' ? metadata(item, at, unknown) : item;
    const property = propertyOf(schema, key);
    if (property !== undefined) return visit(item, property, false, at, unknown);
    if (schema.additionalProperties) {
      const additional = additionalOf(schema);
      return additional === undefined ? item : visit(item, additional, false, at, unknown);
    }
    if (preserves) return item;
    if (unknown.length < maxUnknown) unknown.push(at);
    return undefined;
  });
}
/** What an embedded object's metadata is, is known without a schema. */
function metadata(value: unknown, path: string, unknown: string[]): unknown {
  if (!isStruct(value)) return value;
  const { object, unknownFields } = conformObject(value, typeNamed('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'));
  unknown.push(...unknownFields.slice(0, maxUnknown - unknown.length).map((field) => `${path}.${field}`));
  return object;
}

const ofResources: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);
