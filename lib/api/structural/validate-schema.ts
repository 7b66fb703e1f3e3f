// What a definition's schema may not be. Pure. Rule: apiextensions-apiserver, ValidateCustomResourceDefinitionOpenAPISchema
// and ValidateStructural.
import { at, child, forbiddenField, invalidValue, notSupported, type Path, required } from '../field-errors.ts';
import type { StatusCause } from '../types/meta.v1.ts';
import { compileOrError } from './pattern.ts';
import { hasMoreInDefault, mayLack, type SchemaLeniency } from './schema-leniency.ts';
import { isStruct, itemsOf, type Structural } from './structural.ts';
import { validateValue } from './validate.ts';

/** Nothing, if `schema` is a structural one of a whole object. */
export function validateSchema(schema: Structural, path: Path, leniency: SchemaLeniency = {}): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const { type } = schema;
  if (!type) causes.push(required(child(path, 'type'), 'must not be empty at the root'));
  else if (type !== 'object') causes.push(invalidValue(child(path, 'type'), type, 'must be object at the root'));
  if (schema.nullable === true)
    causes.push(forbiddenField(child(path, 'nullable'), 'nullable cannot be true at the root'));
  checkMetadata(schema.properties?.['metadata'], child(path, 'properties[metadata]'), causes);
  visit(schema, path, { place: 'root', leniency }, causes);
  return causes;
}

type Place = 'root' | 'property' | 'items' | 'additional';

interface Context {
  readonly place: Place;
  readonly leniency: SchemaLeniency;
}

function visit(schema: Structural, path: Path, context: Context, causes: StatusCause[]): void {
  checkSupported(schema, path, causes);
  checkForm(schema, path, context, causes);
  checkJunctors(schema, schema, path, causes);
  for (const [key, one] of Object.entries(schema.properties ?? {})) {
    visit(one, child(path, `properties[${key}]`), { ...context, place: 'property' }, causes);
  }
  const items = itemsOf(schema);
  if (items !== undefined) visit(items, child(path, 'items'), { ...context, place: 'items' }, causes);
  if (isStruct(schema.additionalProperties)) {
    const field = child(path, 'additionalProperties');
    visit(schema.additionalProperties as Structural, field, { ...context, place: 'additional' }, causes);
  }
}

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const unsupported = ['$ref', 'additionalItems', 'definitions', 'dependencies', 'id', 'patternProperties'] as const;

function checkSupported(schema: Structural, path: Path, causes: StatusCause[]): void {
  for (const field of unsupported) {
    if (schema[field]) causes.push(forbiddenField(child(path, field), `${field} is not supported`));
  }
  if (schema.uniqueItems) {
    const why = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    causes.push(forbiddenField(child(path, 'uniqueItems'), why));
  }
  if (schema.additionalProperties !== undefined) {
    const field = child(path, 'additionalProperties');
    if (schema.properties !== undefined && Object.keys(schema.properties).length > 0) {
      causes.push(forbiddenField(field, 'additionalProperties and properties are mutual exclusive'));
    }
    if (schema.additionalProperties === false) {
      causes.push(forbiddenField(field, 'additionalProperties cannot be set to false'));
    }
  }
  if (Array.isArray(schema.items)) {
    causes.push(forbiddenField(child(path, 'items'), 'items must be a schema object and not an array'));
  }
  const { type = '', pattern } = schema;
  if (type === 'null') {
    causes.push(forbiddenField(child(path, 'type'), 'type cannot be set to null, use nullable as an alternative'));
  } else if (type !== '' && !types.includes(type)) {
    causes.push(notSupported(child(path, 'type'), type, types));
  }
  const made = pattern ? compileOrError(pattern) : undefined;
  if (made instanceof Error) {
    const why = `must be a valid regular expression, but isn't: ${made.message}`;
    causes.push(invalidValue(child(path, 'pattern'), pattern, why));
  }
}

function checkForm(schema: Structural, path: Path, { place, leniency }: Context, causes: StatusCause[]): void {
  const { type = '' } = schema;
  const preserves = schema['x-kubernetes-preserve-unknown-fields'];
  const isIntOrString = schema['x-kubernetes-int-or-string'] === true;
  const say = (field: string, value: unknown, why: string) => causes.push(invalidValue(child(path, field), value, why));
  if (preserves === false) say('x-kubernetes-preserve-unknown-fields', false, 'must be true or undefined');
  if (schema['x-kubernetes-embedded-resource'] === true) {
    if (type !== 'object') {
      if (type === '')
        causes.push(required(child(path, 'type'), 'must be object if x-kubernetes-embedded-resource is true'));
      else say('type', type, 'must be object if x-kubernetes-embedded-resource is true');
    } else if (preserves !== true && Object.keys(schema.properties ?? {}).length === 0) {
      const why =
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
      causes.push(required(child(path, 'properties'), why));
    }
    checkMetadata(schema.properties?.['metadata'], child(path, 'properties[metadata]'), causes);
  }
  if (isIntOrString && type !== '') say('type', type, 'must be empty if x-kubernetes-int-or-string is true');
  if (type === '' && !isIntOrString && preserves !== true && place !== 'root') {
    causes.push(required(child(path, 'type'), `must not be empty for ${placeNames[place]}`));
  }
  if (type === 'array' && schema.items === undefined && preserves !== true) {
    causes.push(required(child(path, 'items'), 'must be specified'));
  }
  checkList(schema, path, leniency, causes);
  checkDefault(schema, path, leniency, causes);
}
const placeNames = {
  property: 'specified object fields',
  items: 'specified array items',
  additional: 'specified object fields',
};

function checkList(schema: Structural, path: Path, leniency: SchemaLeniency, causes: StatusCause[]): void {
  const kind = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const field = child(path, 'x-kubernetes-list-type');
  if (kind === undefined) {
    if (keys.length > 0) causes.push(required(field, 'must be map if x-kubernetes-list-map-keys is non-empty'));
    return;
  }
  if (!['atomic', 'set', 'map'].includes(kind)) causes.push(notSupported(field, kind, ['atomic', 'map', 'set']));
  if (schema.type !== 'array') {
    causes.push(
      invalidValue(child(path, 'type'), schema.type ?? '', `must be array if x-kubernetes-list-type is specified`),
    );
  }
  const keysField = child(path, 'x-kubernetes-list-map-keys');
  if (kind !== 'map') {
    if (keys.length > 0) causes.push(forbiddenField(keysField, 'must be empty if x-kubernetes-list-type is not map'));
    return;
  }
  if (keys.length === 0) causes.push(required(keysField, 'must not be empty if x-kubernetes-list-type is map'));
  const items = itemsOf(schema);
  const itemType = child(path, 'items', 'type');
  if (items !== undefined && items.type !== 'object') {
    causes.push(
      invalidValue(itemType, items.type ?? '', "must be object if parent array's x-kubernetes-list-type is map"),
    );
  }
  for (const [index, key] of keys.entries()) {
    const property = items?.properties?.[key];
    if (property === undefined) {
      causes.push(invalidValue(at(keysField, index), key, 'entries must all be names of item properties'));
    } else if (!leniency.mayLackKeys && mayLack(schema, key)) {
      const place = child(path, `items.properties[${key}]`, 'default');
      const why = 'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property';
      causes.push(required(place, why));
    }
  }
}

function checkDefault(schema: Structural, path: Path, leniency: SchemaLeniency, causes: StatusCause[]): void {
  const preset: unknown = schema.default;
  if (preset === undefined) return;
  const field = child(path, 'default');
  if (preset === null) {
    if (schema.nullable !== true)
      causes.push(invalidValue(field, null, `${field} in body must be of type ${schema.type}: "null"`));
    return;
  }
  if (!leniency.mayHaveMoreInDefaults && hasMoreInDefault(schema))
    causes.push(invalidValue(field, preset, 'must not have unknown fields'));
  else causes.push(...validateValue(preset, schema, field));
}

function checkMetadata(metadata: Structural | undefined, path: Path, causes: StatusCause[]): void {
  if (metadata === undefined) return;
  const others = Object.keys(metadata.properties ?? {}).filter((name) => name !== 'name' && name !== 'generateName');
  if (others.length === 0 && metadata.additionalProperties === undefined) return;
  const why = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
  causes.push(forbiddenField(path, why));
}

/** What says of what kind a value is, with what each must be inside junctors. */
const outsideOnly = {
  additionalProperties: 'undefined',
  default: 'undefined',
  description: 'empty',
  nullable: 'false',
  title: 'empty',
  type: 'empty',
  'x-kubernetes-embedded-resource': 'false',
  'x-kubernetes-int-or-string': 'false',
  'x-kubernetes-list-map-keys': 'empty',
  'x-kubernetes-list-type': 'undefined',
  'x-kubernetes-map-type': 'undefined',
  'x-kubernetes-preserve-unknown-fields': 'false',
  'x-kubernetes-validations': 'empty',
} as const;

/** In junctors stand rules for values only: of what kind these are is said outside. */
function checkJunctors(schema: Structural, outside: Structural, path: Path, causes: StatusCause[]): void {
  for (const name of ['allOf', 'anyOf', 'oneOf'] as const) {
    for (const [index, one] of (schema[name] ?? []).entries()) {
      checkInside(one, outside, at(child(path, name), index), causes);
    }
  }
  if (schema.not !== undefined) checkInside(schema.not, outside, child(path, 'not'), causes);
}

function checkInside(schema: Structural, outside: Structural, path: Path, causes: StatusCause[]): void {
  // int-or-string says its two types in an anyOf, as generators of schemas do.
  const isIntOrString = outside['x-kubernetes-int-or-string'] === true;
  for (const [field, wanted] of Object.entries(outsideOnly) as Iterable<[keyof typeof outsideOnly, string]>) {
    const value = schema[field];
    const isSet =
      value !== undefined && value !== '' && value !== false && !(Array.isArray(value) && value.length === 0);
    if (isSet && !(isIntOrString && field === 'type')) {
      causes.push(forbiddenField(child(path, field), `must be ${wanted} to be structural`));
    }
  }
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, 'metadata')) {
    const field = child(path, 'properties[metadata]');
    causes.push(forbiddenField(field, 'must not be specified in a nested context'));
  }
  checkSupported(schema, path, causes);
  for (const [key, one] of Object.entries(schema.properties ?? {})) {
    const own = outside.properties?.[key];
    const field = `properties[${key}]`;
    if (own === undefined && !isStruct(outside.additionalProperties)) {
      causes.push(required(child(path, field), `because it is defined in ${child(path, field)}`));
    } else checkInside(one, own ?? (outside.additionalProperties as Structural), child(path, field), causes);
  }
  const items = itemsOf(schema);
  if (items !== undefined) checkInside(items, itemsOf(outside) ?? {}, child(path, 'items'), causes);
  checkJunctors(schema, outside, path, causes);
}
