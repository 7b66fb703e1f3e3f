// The types of objects of built-in kinds as expressions see them. Pure.
import { type Member, type TypeSchema, typeNamed } from '#lib/api/schema.ts';
import type { TypeName } from './typed.ts';

export type FieldTypes = Map<TypeName, Readonly<Record<string, TypeName>>>;

/** Adds `type` and all it is made of to `into`, and returns its name. */
export function addSchemaType(type: TypeSchema, into: FieldTypes): TypeName {
  if (into.has(type.name)) return type.name;
  const fields: Record<string, TypeName> = {};
  into.set(type.name, fields);
  for (const member of type.members) fields[escaped(member.json)] = memberType(member, into);
  return type.name;
}

function memberType(member: Member, into: FieldTypes): TypeName {
  if (member.map !== undefined) {
    const isLists = member.map.startsWith('array<');
    const value = valueType(member, isLists ? member.map.slice('array<'.length, -1) : member.map, into);
    return `map<string, ${isLists ? `list<${value}>` : value}>`;
  }
  const value = valueType(member, member.type ?? 'any', into);
  return member.repeated ? `list<${value}>` : value;
}

function valueType({ ref }: Member, type: string, into: FieldTypes): TypeName {
  if (ref === undefined) return scalars[type] ?? 'dyn';
  const schema = typeNamed(ref);
  // Quantities, times and the like can be more than one thing.
  return schema.facts.special === undefined && schema.members.length > 0 ? addSchemaType(schema, into) : 'dyn';
}

const scalars: Readonly<Record<string, TypeName>> = {
  string: 'string',
  boolean: 'bool',
  int32: 'int',
  int64: 'int',
  double: 'double',
  bytes: 'bytes',
};

function escaped(name: string): string {
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}
