// Messages of every type of the schema, written and read by functions that are put together once a type.
import type { FieldFacts } from '#lib/api/facts.ts';
import { type TypeSchema, typeNamed } from '#lib/api/schema.ts';
import { compileRead, type FieldRead } from './read-field.ts';
import { ProtobufError, type Reader, readVarint32, skipField } from './reader.ts';
import type { SchemaCodec } from './special.ts';
import { compileWrite, type FieldWrite } from './write-field.ts';
import type { Writer } from './writer.ts';

export type Fields = Readonly<Record<string, unknown>>;

interface Message {
  /** By descending number, as messages are written backwards. */
  readonly writes: readonly FieldWrite[];
  readonly reads: ReadonlyMap<number, FieldRead>;
}

const compiled = new Map<string, Message>();

function messageOf(type: TypeSchema): Message {
  const known = compiled.get(type.name);
  if (known !== undefined) return known;
  const numbered = (type.facts.fields ?? []).filter(hasNumber).sort((a, b) => b.proto - a.proto);
  const message = {
    writes: numbered.map((field) => compileWrite(field, { writeStruct, schema })),
    reads: new Map(numbered.map((field) => [field.proto, compileRead(field, { readStruct, schema })])),
  };
  compiled.set(type.name, message);
  return message;
}

function hasNumber(field: FieldFacts): field is FieldFacts & { readonly proto: number } {
  return field.proto !== undefined;
}

/** Writes the fields of `value`, last one first. */
export function writeStruct(writer: Writer, value: Fields, type: TypeSchema): void {
  for (const write of messageOf(type).writes) write(writer, value);
}

/** Each message may be two levels of JSON (a map and its value), which allows 1000 in all. */
const maxDepth = 200;

/**
 * Reads fields into `target` up to `reader.end`; numbers that the type does not have are passed over.
 * @throws {ProtobufError | JsonError}
 */
export function readStruct(reader: Reader, target: Record<string, unknown>, type: TypeSchema): void {
  const { reads } = messageOf(type);
  if (++reader.depth > maxDepth) throw new ProtobufError('proto: messages nest too deep');
  while (reader.at < reader.end) {
    const tag = readVarint32(reader);
    const read = reads.get(tag >>> 3);
    if (read === undefined) skipField(reader, tag & 7);
    else read(reader, target, tag & 7);
  }
  if (reader.at !== reader.end) throw new ProtobufError('proto: unexpected EOF');
  reader.depth--;
}

const schema: SchemaCodec = {
  write: (writer, value) => writeStruct(writer, (value ?? {}) as Fields, schemaProps()),
  read: (reader) => {
    const target = {};
    readStruct(reader, target, schemaProps());
    return target;
  },
};

function schemaProps(): TypeSchema {
  return typeNamed('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps');
}
