import type { FieldFacts } from '#lib/api/facts.ts';
import { sortedKeys } from '#lib/api/json/text.ts';
import { type TypeSchema, typeNamed } from '#lib/api/schema.ts';
import { wireTypes } from './reader.ts';
import { type SchemaCodec, writeSpecial } from './special.ts';
import { sizeOf, type Writer, writeBytes, writeDouble, writeInt64, writeText, writeVarint } from './writer.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Writes one field of `owner`: tag and value, or nothing. */
export type FieldWrite = (writer: Writer, owner: Fields) => void;

export interface WriteParts {
  readonly writeStruct: (writer: Writer, value: Fields, type: TypeSchema) => void;
  readonly schema: SchemaCodec;
}

/** Writes a value with its length, but no tag. undefined stands for the zero value. */
type ValueWrite = (writer: Writer, value: unknown) => void;

/**
 * Rule: a field that is no pointer is always written, even if zero or empty; pointers and bytes only if set; repeated
 * scalars one by one; maps sorted by key, with key and value always written.
 */
export function compileWrite(field: FieldFacts & { readonly proto: number }, parts: WriteParts): FieldWrite {
  const wire = field.wire!;
  if (field.map !== undefined) return mapWrite(field, parts);
  const tag = (field.proto << 3) | wireTypeOf(wire);
  if (field.inline) {
    const write = structWrite(refOf(field.type!), parts);
    return (writer, owner) => {
      write(writer, owner);
      writeVarint(writer, tag);
    };
  }
  const key = field.json!;
  if (field.repeated && !isWrapper(wire, field.type!)) {
    const write = valueWrite(wire, field.type!, parts);
    return (writer, owner) => {
      const items = owner[key] as readonly unknown[] | undefined | null;
      for (let index = (items?.length ?? 0) - 1; index >= 0; index--) {
        write(writer, items![index] ?? undefined);
        writeVarint(writer, tag);
      }
    };
  }
  const write = field.repeated ? wrapperWrite(parts) : valueWrite(wire, field.type!, parts);
  const isOptional = field.ptr === true || wire === 'bytes' || field.repeated === true;
  return (writer, owner) => {
    const value = owner[key] ?? undefined;
    if (isOptional && value === undefined) return;
    write(writer, value);
    writeVarint(writer, tag);
  };
}

/** A list that is a message of its own on the wire. */
export function isWrapper(wire: string, type: string): boolean {
  return wire.includes('.') && !type.startsWith('ref:');
}

export function refOf(type: string): TypeSchema {
  return typeNamed(type.slice('ref:'.length));
}

export function wireTypeOf(wire: string): number {
  switch (wire) {
    case 'int32':
    case 'int64':
    case 'bool':
      return wireTypes.varint;
    case 'double':
      return wireTypes.fixed64;
    default:
      return wireTypes.length;
  }
}

/** Key and value type of `map<k,v>`. */
export function valueWireOf(wire: string): string {
  return wire.slice(wire.indexOf(',') + 1, -1);
}

function mapWrite(field: FieldFacts & { readonly proto: number }, parts: WriteParts): FieldWrite {
  const key = field.json!;
  const tag = (field.proto << 3) | wireTypes.length;
  const wire = valueWireOf(field.wire!);
  const write = isWrapper(wire, field.map!) ? wrapperWrite(parts) : valueWrite(wire, field.map!, parts);
  const valueTag = (2 << 3) | wireTypeOf(wire);
  return (writer, owner) => {
    const map = owner[key] as Fields | undefined | null;
    if (map === undefined || map === null) return;
    for (const name of sortedKeys(map).reverse()) {
      const before = sizeOf(writer);
      write(writer, map[name] ?? undefined);
      writeVarint(writer, valueTag);
      writeVarint(writer, writeText(writer, name));
      writeVarint(writer, 0x0a);
      writeVarint(writer, sizeOf(writer) - before);
      writeVarint(writer, tag);
    }
  };
}

function valueWrite(wire: string, type: string, parts: WriteParts): ValueWrite {
  switch (wire) {
    case 'string':
      return (writer, value) => writeVarint(writer, writeText(writer, (value as string | undefined) ?? ''));
    case 'int32':
    case 'int64':
      return (writer, value) => writeInt64(writer, (value as number | bigint | undefined) ?? 0);
    case 'bool':
      return (writer, value) => writeVarint(writer, value ? 1 : 0);
    case 'double':
      return (writer, value) => writeDouble(writer, Number(value ?? 0));
    case 'bytes':
      return (writer, value) => {
        const bytes = Buffer.from((value as string | undefined) ?? '', 'base64');
        writeBytes(writer, bytes);
        writeVarint(writer, bytes.length);
      };
    default:
      return structWrite(refOf(type), parts);
  }
}

function structWrite(type: TypeSchema, { writeStruct, schema }: WriteParts): ValueWrite {
  const { special } = type.facts;
  return (writer, value) => {
    const before = sizeOf(writer);
    if (special === undefined) writeStruct(writer, (value ?? nothing) as Fields, type);
    else writeSpecial(special, writer, value, schema);
    writeVarint(writer, sizeOf(writer) - before);
  };
}

const nothing = {};

function wrapperWrite({ schema }: WriteParts): ValueWrite {
  return (writer, value) => {
    const before = sizeOf(writer);
    writeSpecial('ListWrapper', writer, value, schema);
    writeVarint(writer, sizeOf(writer) - before);
  };
}
