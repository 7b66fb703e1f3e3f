// The messages of types that have a JSON form of their own, and that form. Table: lib/api/facts/README.md.
import type { Special } from '#lib/api/facts.ts';
import { formatDuration, parseDuration } from '#lib/api/json/duration.ts';
import { parseJson } from '#lib/api/json/parse.ts';
import { writeAny } from '#lib/api/json/text.ts';
import { canonicalMicroTime, canonicalTime } from '#lib/api/json/time.ts';
import { canonicalQuantity } from '#lib/api/json/values.ts';
import { assertNever } from '#lib/errors.ts';
import {
  ProtobufError,
  type Reader,
  readBytes,
  readEnd,
  readInt64,
  readText,
  readVarint32,
  skipField,
  wireTypes,
} from './reader.ts';
import { sizeOf, type Writer, writeInt64, writeText, writeVarint } from './writer.ts';

/** Writes and reads what is a JSONSchemaProps within: message.ts knows how. */
export interface SchemaCodec {
  readonly write: (writer: Writer, schema: unknown) => void;
  /** The message lies from `reader.at` to `reader.end`. */
  readonly read: (reader: Reader) => unknown;
}

/** Writes the content of the message; undefined is the zero value. */
export function writeSpecial(special: Special, writer: Writer, value: unknown, schema: SchemaCodec): void {
  switch (special) {
    case 'Time':
    case 'MicroTime':
      writeTime(writer, value as string | undefined);
      return;
    case 'Duration':
      writeInt64(writer, parseDuration((value as string | undefined) ?? '0'));
      writeVarint(writer, 0x08);
      return;
    case 'Quantity':
      writeField(writer, 1, (value as string | undefined) ?? '0');
      return;
    case 'IntOrString':
      writeIntOrString(writer, (value as number | string | undefined) ?? 0);
      return;
    case 'RawExtension':
    case 'FieldsV1':
    case 'JSON':
      if (value !== undefined && value !== null) writeField(writer, 1, writeAny(value, false));
      return;
    case 'JSONSchemaPropsOrArray':
      if (!Array.isArray(value)) writeMessage(writer, 1, value, schema);
      else for (let index = value.length - 1; index >= 0; index--) writeMessage(writer, 2, value[index], schema);
      return;
    case 'JSONSchemaPropsOrBool':
      if (typeof value !== 'boolean') writeMessage(writer, 2, value, schema);
      writeVarint(writer, value === false ? 0 : 1);
      writeVarint(writer, 0x08);
      return;
    case 'JSONSchemaPropsOrStringArray':
      if (!Array.isArray(value)) writeMessage(writer, 1, value, schema);
      else writeStrings(writer, 2, value);
      return;
    case 'ListWrapper':
      writeStrings(writer, 1, (value as readonly string[] | undefined) ?? []);
      return;
    case 'Unknown':
      throw new TypeError('Cannot write Unknown as a field');
    default:
      assertNever(special, 'special type');
  }
}

function writeStrings(writer: Writer, number: number, values: readonly string[]): void {
  for (let index = values.length - 1; index >= 0; index--) writeField(writer, number, values[index]!);
}

function writeField(writer: Writer, number: number, text: string): void {
  writeVarint(writer, writeText(writer, text));
  writeVarint(writer, (number << 3) | wireTypes.length);
}

function writeMessage(writer: Writer, number: number, value: unknown, schema: SchemaCodec): void {
  const before = sizeOf(writer);
  schema.write(writer, value);
  writeVarint(writer, sizeOf(writer) - before);
  writeVarint(writer, (number << 3) | wireTypes.length);
}

const fractionForm = /\.(\d+)Z$/;

function writeTime(writer: Writer, text: string | undefined): void {
  if (text === undefined) return;
  const fraction = fractionForm.exec(text)?.[1] ?? '';
  writeVarint(writer, Number(fraction.padEnd(9, '0').slice(0, 9)));
  writeVarint(writer, 0x10);
  writeInt64(writer, Math.floor(Date.parse(text) / 1000));
  writeVarint(writer, 0x08);
}

function writeIntOrString(writer: Writer, value: number | string): void {
  const isText = typeof value === 'string';
  writeField(writer, 3, isText ? value : '');
  writeInt64(writer, isText ? 0 : value);
  writeVarint(writer, 0x10);
  writeVarint(writer, isText ? 1 : 0);
  writeVarint(writer, 0x08);
}

/** The JSON form of the message that lies from `reader.at` to `reader.end`; undefined if it is the zero value. */
export function readSpecial(special: Special, reader: Reader, schema: SchemaCodec): unknown {
  switch (special) {
    case 'Time':
    case 'MicroTime':
      return readTime(special, reader);
    case 'Duration':
      return formatDuration(BigInt(readNumbers(reader).get(1) ?? 0));
    case 'Quantity':
      return canonicalQuantity(readTexts(reader, 1)[0] ?? '0');
    case 'IntOrString':
      return readIntOrString(reader);
    case 'RawExtension':
    case 'FieldsV1':
    case 'JSON':
      return readRaw(reader);
    case 'JSONSchemaPropsOrArray': {
      const lists = readMessages(reader, schema);
      return lists.has(2) ? lists.get(2) : lists.get(1)?.[0];
    }
    case 'JSONSchemaPropsOrBool': {
      const { at } = reader;
      const allows = readNumbers(reader).get(1);
      reader.at = at;
      return readMessages(reader, schema).get(2)?.[0] ?? Boolean(allows);
    }
    case 'JSONSchemaPropsOrStringArray': {
      const { at } = reader;
      const found = readMessages(reader, schema, 1).get(1)?.[0];
      reader.at = at;
      return found ?? readTexts(reader, 2);
    }
    case 'ListWrapper':
      return readTexts(reader, 1);
    case 'Unknown':
      throw new ProtobufError('proto: Unknown within a message');
    default:
      return assertNever(special, 'special type');
  }
}

/** Values of all varint fields. */
function readNumbers(reader: Reader): ReadonlyMap<number, number | bigint> {
  const numbers = new Map<number, number | bigint>();
  while (reader.at < reader.end) {
    const tag = readVarint32(reader);
    if ((tag & 7) === wireTypes.varint) numbers.set(tag >>> 3, readInt64(reader));
    else skipField(reader, tag & 7);
  }
  return numbers;
}

function readTexts(reader: Reader, number: number): readonly string[] {
  const texts: string[] = [];
  while (reader.at < reader.end) {
    const tag = readVarint32(reader);
    if (tag === ((number << 3) | wireTypes.length)) texts.push(readText(reader));
    else skipField(reader, tag & 7);
  }
  return texts;
}

/** Schemas by field number; of one field only, where `only` names it. */
function readMessages(reader: Reader, schema: SchemaCodec, only?: number): ReadonlyMap<number, readonly unknown[]> {
  const messages = new Map<number, unknown[]>();
  const { end } = reader;
  while (reader.at < end) {
    const tag = readVarint32(reader);
    const number = tag >>> 3;
    if ((tag & 7) !== wireTypes.length || (only !== undefined && number !== only)) {
      skipField(reader, tag & 7);
      continue;
    }
    reader.end = readEnd(reader);
    const list = messages.get(number) ?? [];
    list.push(schema.read(reader));
    messages.set(number, list);
    reader.end = end;
  }
  return messages;
}

/** Years 1 to 9999: what JSON can say. */
const earliest = Date.parse('0001-01-01T00:00:00Z') / 1000;
const latest = Date.parse('9999-12-31T23:59:59Z') / 1000;

function readTime(special: 'Time' | 'MicroTime', reader: Reader): string | undefined {
  if (reader.at === reader.end) return undefined;
  const numbers = readNumbers(reader);
  const seconds = Number(numbers.get(1) ?? 0);
  const nanos = Number(numbers.get(2) ?? 0);
  if (!(earliest <= seconds && seconds <= latest && 0 <= nanos && nanos < 1e9)) {
    throw new ProtobufError('proto: time outside of the years 1 to 9999');
  }
  const text = `${new Date(seconds * 1000).toISOString().slice(0, -'.000Z'.length)}`;
  return special === 'Time'
    ? canonicalTime(`${text}Z`)
    : canonicalMicroTime(`${text}.${String(nanos).padStart(9, '0')}Z`);
}

function readIntOrString(reader: Reader): number | string {
  const { at } = reader;
  const numbers = readNumbers(reader);
  if (Number(numbers.get(1) ?? 0) === 0) return Number(numbers.get(2) ?? 0) | 0;
  reader.at = at;
  return readTexts(reader, 3).at(-1) ?? '';
}

/** With the messages around it still less than JSON may have: what is stored must be readable again. */
const maxRawDepth = 500;

function readRaw(reader: Reader): unknown {
  let text: string | undefined;
  while (reader.at < reader.end) {
    const tag = readVarint32(reader);
    if (tag === 0x0a) text = readBytes(reader).toString();
    else skipField(reader, tag & 7);
  }
  if (text === undefined || text === '') return undefined;
  return parseJson(text, maxRawDepth).value ?? undefined;
}

/** Whether an unset field that is no pointer has this value: nothing is then kept of it. */
export function isZeroSpecial(special: Special, value: unknown): boolean {
  switch (special) {
    case 'Quantity':
      return value === '0';
    case 'IntOrString':
      return value === 0;
    case 'Duration':
      return value === '0s';
    default:
      return value === undefined;
  }
}
