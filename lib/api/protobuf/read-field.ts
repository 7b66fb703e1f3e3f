import type { FieldFacts } from '#lib/api/facts.ts';
import type { TypeSchema } from '#lib/api/schema.ts';
import {
  ProtobufError,
  type Reader,
  readBytes,
  readDouble,
  readEnd,
  readInt64,
  readText,
  readVarint32,
  skipField,
  wireTypes,
} from './reader.ts';
import { isZeroSpecial, readSpecial, type SchemaCodec } from './special.ts';
import { isWrapper, refOf, valueWireOf, wireTypeOf } from './write-field.ts';

/** Reads one field, whose tag is read already, into `target`. */
export type FieldRead = (reader: Reader, target: Record<string, unknown>, wireType: number) => void;

export interface ReadParts {
  readonly readStruct: (reader: Reader, target: Record<string, unknown>, type: TypeSchema) => void;
  readonly schema: SchemaCodec;
}

/** Reads a value; `before` is what an earlier field of the same number left, which messages are merged into. */
type ValueRead = (reader: Reader, before?: unknown) => unknown;

/**
 * Rule: what Go would not write to JSON is not kept either, so that an object is the same whichever way it came: zero
 * scalars with omitempty, zero times and quantities that are no pointers.
 */
export function compileRead(field: FieldFacts & { readonly proto: number }, parts: ReadParts): FieldRead {
  const wire = field.wire!;
  if (field.map !== undefined) return mapRead(field, parts);
  const expected = wireTypeOf(wire);
  if (field.inline) return inlineRead(refOf(field.type!), parts);
  const key = field.json!;
  const isList = field.repeated === true && !isWrapper(wire, field.type!);
  const read = valueRead(wire, field.type!, parts);
  if (isList) return listRead(key, read, expected);
  const isDropped = zeroTest(field);
  return (reader, target, wireType) => {
    checkWireType(wireType, expected, key);
    const value = read(reader, target[key]);
    if (!isDropped(value)) target[key] = value;
  };
}

function zeroTest(field: FieldFacts): (value: unknown) => boolean {
  const type = field.type!;
  const special = type.startsWith('ref:') ? refOf(type).facts.special : undefined;
  if (special !== undefined) return (value) => value === undefined || (!field.ptr && isZeroSpecial(special, value));
  if (field.ptr || !field.omitempty || field.repeated || type === 'bytes') return () => false;
  return (value) => !value;
}

function checkWireType(actual: number, expected: number, key: string): void {
  if (actual !== expected) throw new ProtobufError(`proto: wrong wireType = ${actual} for field ${key}`);
}

function inlineRead(type: TypeSchema, { readStruct }: ReadParts): FieldRead {
  return (reader, target, wireType) => {
    checkWireType(wireType, wireTypes.length, type.name);
    within(reader, () => readStruct(reader, target, type));
  };
}

function listRead(key: string, read: ValueRead, expected: number): FieldRead {
  return (reader, target, wireType) => {
    const list = (target[key] ??= []) as unknown[];
    if (wireType === wireTypes.length && expected !== wireTypes.length) {
      within(reader, () => {
        while (reader.at < reader.end) list.push(read(reader));
      });
      return;
    }
    checkWireType(wireType, expected, key);
    list.push(read(reader) ?? null);
  };
}

function mapRead(field: FieldFacts, parts: ReadParts): FieldRead {
  const key = field.json!;
  const wire = valueWireOf(field.wire!);
  const read = valueRead(wire, field.map!, parts);
  const zero = emptyMessage(wire);
  const valueTag = (2 << 3) | wireTypeOf(wire);
  return (reader, target, wireType) => {
    checkWireType(wireType, wireTypes.length, key);
    const map = (target[key] ??= {}) as Record<string, unknown>;
    within(reader, () => {
      let name = '';
      let value: unknown;
      let isSet = false;
      while (reader.at < reader.end) {
        const tag = readVarint32(reader);
        if (tag === 0x0a) name = readText(reader);
        else if (tag === valueTag) {
          value = read(reader);
          isSet = true;
        } else skipField(reader, tag & 7);
      }
      if (!isSet) value = read(zero());
      Object.defineProperty(map, name, { value: value ?? null, enumerable: true, configurable: true, writable: true });
    });
  };
}

/** A reader that stands before a value of nothing: zero, or a length of zero. */
function emptyMessage(wire: string): () => Reader {
  const bytes = Buffer.alloc(wire === 'double' ? 8 : 1);
  return () => ({ bytes, at: 0, end: bytes.length, depth: 0 });
}

function valueRead(wire: string, type: string, parts: ReadParts): ValueRead {
  switch (wire) {
    case 'string':
      return (reader) => readText(reader);
    case 'int32':
      return (reader) => readVarint32(reader) | 0;
    case 'int64':
      return (reader) => readInt64(reader);
    case 'bool':
      return (reader) => readInt64(reader) !== 0;
    case 'double':
      return (reader) => readDouble(reader);
    case 'bytes':
      return (reader) => readBytes(reader).toString('base64');
    default:
      return messageRead(wire, type, parts);
  }
}

function messageRead(wire: string, type: string, { readStruct, schema }: ReadParts): ValueRead {
  if (isWrapper(wire, type)) return (reader) => within(reader, () => readSpecial('ListWrapper', reader, schema));
  const ref = refOf(type);
  const { special } = ref.facts;
  if (special !== undefined) return (reader) => within(reader, () => readSpecial(special, reader, schema));
  return (reader, before) => {
    const target = (before ?? {}) as Record<string, unknown>;
    within(reader, () => readStruct(reader, target, ref));
    return target;
  };
}

/** Does `read` with the end of the reader at the end of the length-delimited value that follows. */
function within<T>(reader: Reader, read: () => T): T {
  const outer = reader.end;
  const end = readEnd(reader);
  reader.end = end;
  const value = read();
  if (reader.at > end) throw new ProtobufError('proto: unexpected EOF');
  reader.at = end;
  reader.end = outer;
  return value;
}
