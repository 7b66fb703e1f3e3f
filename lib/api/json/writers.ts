import type { Special } from '#lib/api/facts.ts';
import { type Member, type TypeSchema, typeNamed } from '#lib/api/schema.ts';
import { assertNever } from '#lib/errors.ts';
import { writeFields } from './fields.ts';
import { quote, sortedKeys, writeAny } from './text.ts';

export interface FieldWriter {
  readonly json: string;
  /** `"name":` */
  readonly key: string;
  /** JSON of the field's value; '' if the field is to be left out. */
  readonly write: (value: unknown) => string;
}

const compiled = new WeakMap<TypeSchema, readonly FieldWriter[]>();

/** Made once a type, when it is first met. */
export function writersOf(type: TypeSchema): readonly FieldWriter[] {
  const known = compiled.get(type);
  if (known !== undefined) return known;
  const writers = type.members.map((member) => ({
    json: member.json,
    key: `${quote(member.json)}:`,
    write: compile(member),
  }));
  compiled.set(type, writers);
  return writers;
}

export function writeStruct(value: Readonly<Record<string, unknown>>, writers: readonly FieldWriter[]): string {
  let text = '';
  for (const { json, key, write } of writers) {
    const piece = write(value[json]);
    if (piece !== '') text += (text === '' ? '{' : ',') + key + piece;
  }
  return text === '' ? '{}' : `${text}}`;
}

type Write = (value: unknown) => string;

/**
 * Rule: Go's omitempty. It never drops a struct; it drops nil pointers, and zero scalars and empty lists, maps and bytes
 * that are no pointer. Without it, nil pointers, lists, maps and bytes are `null`.
 */
function compile(member: Member): Write {
  const omits = member.omitempty === true;
  if (member.map !== undefined) return mapWriter(member, omits);
  if (member.repeated) return listWriter(member, omits);
  const one = oneWriter(member.ref, member.type ?? 'any');
  const nothing = omits ? '' : 'null';
  if (member.ptr) return (value) => (isAbsent(value) ? nothing : one(value));
  if (member.omitzero) return (value) => (isAbsent(value) ? '' : one(value));
  if (member.ref !== undefined) {
    const zero = zeroOfStruct(member.ref);
    return zero === undefined
      ? (value) => one(isAbsent(value) ? noFields : value)
      : (value) => (isAbsent(value) ? zero : one(value));
  }
  return scalarWriter(member.type ?? 'any', one, omits);
}

const noFields = {};

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

function scalarWriter(type: string, one: Write, omits: boolean): Write {
  switch (type) {
    case 'string':
      return (value) => (value ? one(value) : omits ? '' : '""');
    case 'boolean':
      return (value) => (value ? 'true' : omits ? '' : 'false');
    case 'int32':
    case 'int64':
    case 'double':
      return (value) => (value ? one(value) : omits ? '' : '0');
    case 'bytes':
      return (value) => (isAbsent(value) ? (omits ? '' : 'null') : value === '' && omits ? '' : one(value));
    default:
      return (value) => (isAbsent(value) ? (omits ? '' : 'null') : one(value));
  }
}

function listWriter(member: Member, omits: boolean): Write {
  const one = oneWriter(member.ref, member.type ?? 'any');
  const nothing = omits ? '' : 'null';
  return (value) => {
    if (isAbsent(value)) return nothing;
    const items = value as readonly unknown[];
    if (items.length === 0) return omits ? '' : '[]';
    let text = '[';
    for (let index = 0; index < items.length; index++) {
      const item = items[index];
      text += (index === 0 ? '' : ',') + (isAbsent(item) ? 'null' : one(item));
    }
    return `${text}]`;
  };
}

function mapWriter(member: Member, omits: boolean): Write {
  const one = oneWriter(member.ref, member.map ?? 'any');
  const nothing = omits ? '' : 'null';
  return (value) => {
    if (isAbsent(value)) return nothing;
    const map = value as Readonly<Record<string, unknown>>;
    let text = '';
    for (const key of sortedKeys(map)) {
      const item = map[key];
      text += `${text === '' ? '{' : ','}${quote(key)}:${isAbsent(item) ? 'null' : one(item)}`;
    }
    return text === '' ? (omits ? '' : '{}') : `${text}}`;
  };
}

/** Of a value that is there. */
function oneWriter(ref: string | undefined, base: string): Write {
  if (ref !== undefined) {
    const type = typeNamed(ref);
    if (type.facts.special !== undefined) return specialWriter(type.facts.special);
    let writers: readonly FieldWriter[] | undefined;
    return (value) => writeStruct(value as Readonly<Record<string, unknown>>, (writers ??= writersOf(type)));
  }
  switch (base) {
    case 'string':
    case 'bytes':
      return (value) => quote(value as string);
    default:
      return (value) => writeAny(value, false);
  }
}

function specialWriter(special: Special): Write {
  switch (special) {
    case 'Time':
    case 'MicroTime':
    case 'Duration':
    case 'Quantity':
      return (value) => quote(value as string);
    case 'JSONSchemaPropsOrArray':
      return (value) => (Array.isArray(value) ? `[${value.map(writeSchema).join(',')}]` : writeSchema(value));
    case 'JSONSchemaPropsOrBool':
      return (value) => (typeof value === 'boolean' ? String(value) : writeSchema(value));
    case 'JSONSchemaPropsOrStringArray':
      return (value) => (Array.isArray(value) ? writeAny(value, false) : writeSchema(value));
    case 'IntOrString':
    case 'RawExtension':
    case 'JSON':
    case 'ListWrapper':
    case 'Unknown':
      return (value) => writeAny(value, false);
    case 'FieldsV1':
      return writeFields;
    default:
      return assertNever(special, 'special type');
  }
}

function writeSchema(value: unknown): string {
  const type = typeNamed('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps');
  return writeStruct(value as Readonly<Record<string, unknown>>, writersOf(type));
}

/** JSON of a struct that is not set, where it is not simply a struct without fields. */
function zeroOfStruct(ref: string): string | undefined {
  const { special } = typeNamed(ref).facts;
  switch (special) {
    case undefined:
      return undefined;
    case 'Quantity':
      return '"0"';
    case 'Duration':
      return '"0s"';
    case 'IntOrString':
      return '0';
    default:
      return 'null';
  }
}
