// What the schemas of a stored definition may go on saying. Pure. Rule: apiextensions-apiserver,
// requireMapListKeysMapSetValidation and requirePrunedDefaults.
import { isEqual } from './equal.ts';
import { prune } from './prune.ts';
import { isStruct, itemsOf, type Structural } from './structural.ts';

export interface SchemaLeniency {
  /** Items of lists that are maps may lack what tells them apart. */
  readonly mayLackKeys?: boolean;
  /** Defaults may have fields that the schema does not know. */
  readonly mayHaveMoreInDefaults?: boolean;
}

export function schemaLeniencyOf(schemas: readonly (Structural | undefined)[]): SchemaLeniency {
  const all = schemas.flatMap((schema) => (schema === undefined ? [] : within(schema)));
  return {
    mayLackKeys: all.some((one) => (one['x-kubernetes-list-map-keys'] ?? []).some((key) => mayLack(one, key))),
    mayHaveMoreInDefaults: all.some(hasMoreInDefault),
  };
}

/** Whether an item of such a list may be without the key. */
export function mayLack(list: Structural, key: string): boolean {
  const items = itemsOf(list);
  const property = items?.properties?.[key];
  return property !== undefined && property.default === undefined && !items?.required?.includes(key);
}

export function hasMoreInDefault(schema: Structural): boolean {
  const preset: unknown = schema.default;
  if (preset === undefined || preset === null) return false;
  return !isEqual(prune(preset, schema, schema['x-kubernetes-embedded-resource'] === true).value, preset);
}

/** The schema and all that it consists of. */
function within(schema: Structural): readonly Structural[] {
  const { properties = {}, additionalProperties } = schema;
  const items = itemsOf(schema);
  const parts = [...Object.values(properties), ...(items === undefined ? [] : [items])];
  if (isStruct(additionalProperties)) parts.push(additionalProperties as Structural);
  return [schema, ...parts.flatMap(within)];
}
