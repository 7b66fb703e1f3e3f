// How values merge: which maps and lists have owners for their parts. From declared types, or from what is there.
// Rule: facts README, "Merge schema"; x-kubernetes-list-type, -map-type, -list-map-keys.
import type { FieldFacts } from '../facts.ts';
import { type Member, type TypeSchema, typeNamed } from '../schema.ts';

export type Shape =
  /** Owned as a whole. */
  | { readonly is: 'atomic' }
  /** `isThere`: even an empty object has that field, as Go writes it. */
  | {
      readonly is: 'map';
      fieldOf(name: string): Shape;
      isThere?(name: string): boolean;
      /** Whether there is such a field at all. Absent: any may be. */
      isDeclared?(name: string): boolean;
    }
  | { readonly is: 'set' }
  | { readonly is: 'list'; readonly keys: readonly Key[]; readonly item: Shape };

export interface Key {
  readonly name: string;
  readonly default?: unknown;
}

const atomic: Shape = { is: 'atomic' };

/** Of what has no declared type: maps by their fields, lists as a whole. */
export const deduced: Shape = { is: 'map', fieldOf: () => deduced };

const known = new WeakMap<TypeSchema, Shape>();

export function shapeOf(type: TypeSchema): Shape {
  const made = known.get(type);
  if (made !== undefined) return made;
  const fields = new Map<string, Shape>();
  const shape: Shape = {
    is: 'map',
    fieldOf(name) {
      let field = fields.get(name);
      if (field === undefined) {
        const member = type.byJson.get(name);
        field = member === undefined ? deduced : shapeOfMember(member);
        if (member !== undefined) fields.set(name, field); // bounded by the type
      }
      return field;
    },
    isThere: (name) => isThere(type.byJson.get(name)),
    ...(type.byJson.size > 0 ? { isDeclared: (name: string) => type.byJson.has(name) } : {}),
  };
  known.set(type, shape);
  return shape;
}

function isThere(member: Member | undefined): boolean {
  if (member === undefined) return false;
  if (member.repeated || member.map !== undefined) return !member.omitempty && !member.omitzero;
  return (
    member.ref !== undefined && !member.ptr && !member.omitzero && typeNamed(member.ref).facts.special === undefined
  );
}

function shapeOfMember(member: Member): Shape {
  if (member.mapType === 'atomic' || member.structType === 'atomic') return atomic;
  if (member.map !== undefined) return mapOf(member);
  return member.repeated ? listOf(member) : shapeOfValue(member);
}

function shapeOfValue(member: Member): Shape {
  if (member.ref === undefined) return member.type === 'object' ? deduced : atomic;
  const type = typeNamed(member.ref);
  return type.facts.special !== undefined || type.facts.structType === 'atomic' ? atomic : shapeOf(type);
}

function mapOf(member: Member): Shape {
  const value = member.map!.startsWith('array<') ? atomic : shapeOfValue(member);
  return { is: 'map', fieldOf: () => value };
}

function listOf(member: Member): Shape {
  const merges = (member.patchStrategy ?? '').split(',').includes('merge');
  const kind = member.listType ?? (merges ? (member.patchMergeKey === undefined ? 'set' : 'map') : 'atomic');
  if (kind === 'set') return { is: 'set' };
  if (kind === 'atomic') return atomic;
  const item = shapeOfValue(member);
  const fields = member.ref === undefined ? undefined : typeNamed(member.ref).byJson;
  const names = member.listMapKeys ?? [member.patchMergeKey!];
  return { is: 'list', item, keys: names.map((name) => keyOf(name, fields?.get(name))) };
}

function keyOf(name: string, member: FieldFacts | undefined): Key {
  return member?.default === undefined ? { name } : { name, default: member.default };
}

/** Structural schemas of custom resources say the same in their own words. */
export interface Structural {
  readonly type?: string | undefined;
  readonly properties?: Readonly<Record<string, Structural>> | undefined;
  readonly additionalProperties?: Structural | boolean | undefined;
  readonly items?: Structural | undefined;
  readonly default?: unknown;
  readonly 'x-kubernetes-list-type'?: string | undefined;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[] | undefined;
  readonly 'x-kubernetes-map-type'?: string | undefined;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean | undefined;
}

export function shapeOfStructural(schema: Structural | undefined): Shape {
  if (schema === undefined) return deduced;
  if (schema['x-kubernetes-map-type'] === 'atomic') return atomic;
  if (schema.type === 'array') {
    if (schema['x-kubernetes-list-type'] === 'set') return { is: 'set' };
    if (schema['x-kubernetes-list-type'] !== 'map') return atomic;
    const keys = (schema['x-kubernetes-list-map-keys'] ?? []).map((name) => ({
      name,
      default: schema.items?.properties?.[name]?.default,
    }));
    return { is: 'list', keys, item: shapeOfStructural(schema.items) };
  }
  const { properties, additionalProperties } = schema;
  if (properties === undefined && typeof additionalProperties === 'object') {
    const value = shapeOfStructural(additionalProperties);
    return { is: 'map', fieldOf: () => value };
  }
  const fields = new Map(Object.entries(properties ?? {}).map(([name, one]) => [name, shapeOfStructural(one)]));
  const isClosed = properties !== undefined && schema['x-kubernetes-preserve-unknown-fields'] !== true;
  return {
    is: 'map',
    fieldOf: (name) => fields.get(name) ?? deduced,
    ...(isClosed ? { isDeclared: (name: string) => fields.has(name) } : {}),
  };
}
