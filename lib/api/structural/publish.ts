// A structural schema as OpenAPI documents show it.
import { isStruct, itemsOf, type Struct, type Structural } from './structural.ts';

/**
 * v3 shows it as it is. v2 has no nulls and no junctors, and kubectl cannot cope with fields of several types beside
 * fields of their own: they are shown without. Rule: apiextensions-apiserver controller/openapi, ToStructuralOpenAPIV2.
 */
export function publishedSchema(schema: Structural, dialect: 'v2' | 'v3'): Struct {
  if (dialect === 'v3') return everywhere(schema, v3);
  return everywhere(schema, v2);
}

type Visit = (schema: Structural) => Struct;

const v3: Visit = (schema) => {
  if (schema['x-kubernetes-embedded-resource'] !== true) return schema as Struct;
  return { ...schema, properties: { ...embedded, ...schema.properties } };
};

const v2: Visit = (schema) => {
  const { allOf: _all, anyOf: _any, oneOf: _one, not: _not, nullable, ...rest } = schema;
  const isUntyped = nullable === true || schema['x-kubernetes-int-or-string'] === true;
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const kept: Record<string, unknown> = { ...rest };
  if (isUntyped || preserves) {
    delete kept['items'];
    delete kept['properties'];
  }
  const hasNoItems = kept['type'] === 'array' && kept['items'] === undefined;
  if (isUntyped || hasNoItems || (preserves && kept['type'] === 'object')) delete kept['type'];
  const required = (schema.required ?? []).filter((name) => schema.properties?.[name]?.nullable !== true);
  if (required.length > 0) kept['required'] = required;
  else delete kept['required'];
  return kept;
};

const embedded = {
  apiVersion: { type: 'string', description: 'Group and version of the embedded object.' },
  kind: { type: 'string', description: 'What kind of object is embedded.' },
  metadata: { type: 'object', description: "Standard object's metadata." },
};

/** `schema` and all below it as `visit` has them. */
function everywhere(schema: Structural, visit: Visit): Struct {
  const own = { ...visit(schema) };
  const items = itemsOf(own as Structural);
  if (items !== undefined) own['items'] = everywhere(items, visit);
  if (isStruct(own['properties'])) {
    const entries = Object.entries(own['properties']);
    own['properties'] = Object.fromEntries(entries.map(([key, one]) => [key, everywhere(one as Structural, visit)]));
  }
  if (isStruct(own['additionalProperties'])) {
    own['additionalProperties'] = everywhere(own['additionalProperties'] as Structural, visit);
  }
  return own;
}
