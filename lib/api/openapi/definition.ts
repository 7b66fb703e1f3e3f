import { type Member, type TypeSchema, typeNamed } from '#lib/api/schema.ts';
import { describeField, describeType } from './descriptions.ts';

/** A JSON schema as OpenAPI has it. */
export type Schema = Readonly<Record<string, unknown>>;

/** v2 has no defaults, no enums, no oneOf, and lets a reference carry what else is said of a field. */
export type Dialect = 'v2' | 'v3';

/** Where definitions lie in the document. */
export const refPrefix: Readonly<Record<Dialect, string>> = { v2: '#/definitions/', v3: '#/components/schemas/' };

/**
 * The definition of a type.
 * Rule: kube-openapi; README of the facts, "Rules that hold for all types".
 */
export function definitionOf(type: TypeSchema, dialect: Dialect): Schema {
  const description = describeType(type);
  const said = description === undefined ? {} : { description };
  if (type.facts.special !== undefined) return { ...said, ...specialForm(type, dialect) };
  const required = type.members.filter((member) => member.required).map((member) => member.json);
  const properties = type.members.map((member) => [member.json, propertyOf(type, member, dialect)] as const);
  return {
    ...said,
    type: 'object',
    ...(required.length === 0 ? {} : { required }),
    ...(properties.length === 0 ? {} : { properties: Object.fromEntries(properties) }),
    ...typeExtensions(type),
  };
}

function specialForm(type: TypeSchema, dialect: Dialect): Schema {
  const { v3oneOf, ...form } = (type.facts.openapi ?? {}) as Schema & { readonly v3oneOf?: readonly string[] };
  if (v3oneOf === undefined || dialect === 'v2') return form;
  const { type: _type, ...rest } = form;
  return { ...rest, oneOf: v3oneOf.map((one) => ({ type: one })) };
}

function typeExtensions({ facts }: TypeSchema): Schema {
  return {
    ...(facts.gvk === undefined
      ? {}
      : { 'x-kubernetes-group-version-kind': facts.gvk.map(([group, version, kind]) => ({ group, kind, version })) }),
    ...(facts.structType === undefined ? {} : { 'x-kubernetes-map-type': facts.structType }),
    ...(facts.unions === undefined ? {} : { 'x-kubernetes-unions': facts.unions.map(unionForm) }),
  };
}

function unionForm(union: unknown): Schema {
  const { discriminator, fields } = union as { readonly discriminator?: string; readonly fields: Schema };
  return { ...(discriminator === undefined ? {} : { discriminator }), 'fields-to-discriminateBy': fields };
}

function propertyOf(owner: TypeSchema, member: Member, dialect: Dialect): Schema {
  const description = describeField(owner, member.json);
  const said = {
    ...(description === undefined ? {} : { description }),
    ...(dialect === 'v3' ? defaultOf(member) : {}),
    ...memberExtensions(member),
  };
  const one = oneOf(member.map ?? member.type ?? 'any', member, dialect);
  if (member.map !== undefined) return { ...said, type: 'object', additionalProperties: one };
  if (member.repeated) return { ...said, type: 'array', items: one };
  const isReference = '$ref' in one && dialect === 'v3' && Object.keys(said).length > 0;
  return isReference ? { ...said, allOf: [one] } : { ...said, ...one };
}

/** The schema of the value, or of one item or value of it. */
function oneOf(base: string, member: Member, dialect: Dialect): Schema {
  if (base.startsWith('ref:')) return { $ref: refPrefix[dialect] + base.slice('ref:'.length) };
  if (base.startsWith('array<'))
    return { type: 'array', items: oneOf(base.slice('array<'.length, -1), member, dialect) };
  const form = scalars[base];
  if (form === undefined) return {};
  return member.enum !== undefined && dialect === 'v3' ? { ...form, enum: member.enum } : form;
}

const scalars: Readonly<Record<string, Schema>> = {
  string: { type: 'string' },
  boolean: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  bytes: { type: 'string', format: 'byte' },
  object: { type: 'object' },
};

/** The declared default; else what a field that is always there has before it is set. */
export function defaultOf(member: Member): { readonly default?: unknown } {
  if (member.default !== undefined) return { default: member.default };
  if (member.ptr || member.repeated || member.map !== undefined) return {};
  if (member.ref !== undefined) return typeNamed(member.ref).facts.special === undefined ? { default: {} } : {};
  if (member.omitempty) return {};
  const zero = zeros[member.type ?? ''];
  return zero === undefined ? {} : { default: zero };
}

const zeros: Readonly<Record<string, unknown>> = { string: '', boolean: false, int32: 0, int64: 0, double: 0 };

function memberExtensions(member: Member): Schema {
  const { listType, listMapKeys, patchStrategy, patchMergeKey } = member;
  const mapType = member.mapType ?? member.structType;
  return {
    ...(listMapKeys === undefined ? {} : { 'x-kubernetes-list-map-keys': listMapKeys }),
    ...(listType === undefined ? {} : { 'x-kubernetes-list-type': listType }),
    ...(mapType === undefined ? {} : { 'x-kubernetes-map-type': mapType }),
    ...(patchMergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': patchMergeKey }),
    ...(patchStrategy === undefined ? {} : { 'x-kubernetes-patch-strategy': patchStrategy }),
  };
}
