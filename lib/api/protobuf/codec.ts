import { JsonError } from '#lib/api/json/json-error.ts';
import { type TypeSchema, typeNamed } from '#lib/api/schema.ts';
import { badRequest } from '#lib/api/status.ts';
import { type Envelope, envelopeEnd, readEnvelope, writeEnvelope, writeEnvelopeHead } from './envelope.ts';
import { readStruct, writeStruct } from './message.ts';
import { createReader, ProtobufError } from './reader.ts';
import { createWriter, sizeOf, type Writer, writeBytes, writeText, writeVarint, written } from './writer.ts';

/** Media type of one object, or of a list. */
export const protobufMediaType = 'application/vnd.kubernetes.protobuf';

/** `object` in its envelope, as a body of `application/vnd.kubernetes.protobuf`. */
export function encodeProtobuf(object: object, type: TypeSchema): Uint8Array {
  const writer = createWriter();
  const fields = object as Readonly<Record<string, unknown>>;
  writeEnvelope(writer, kindOf(fields, type), () => writeStruct(writer, fields, type));
  return written(writer);
}

/** `object` as a bare message: an item for `encodeProtobufList`. */
export function encodeMessage(object: object, type: TypeSchema): Uint8Array {
  const writer = createWriter();
  writeStruct(writer, object as Readonly<Record<string, unknown>>, type);
  return written(writer);
}

/** A list, in its envelope, of items that are encoded already. Every list kind has the same two fields. */
export function encodeProtobufList(list: ListHead, items: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([...protobufListPieces(list, items, Number.POSITIVE_INFINITY)]);
}

/** The same in pieces of about `pieceBytes`, for lists that would take much memory as a whole. */
export function* protobufListPieces(
  list: ListHead,
  items: readonly Uint8Array[],
  pieceBytes: number,
): Generator<Uint8Array> {
  const prefixes = items.map((item) => prefixOf(item.length));
  let left = 0;
  for (const [i, item] of items.entries()) left += prefixes[i]!.length + item.length;
  let piece: Uint8Array[] = [listHead(list, left)];
  let bytes = 0;
  for (const [i, item] of items.entries()) {
    piece.push(prefixes[i]!, item);
    bytes += item.length;
    if (bytes < pieceBytes) continue;
    yield Buffer.concat(piece);
    piece = [];
    bytes = 0;
  }
  yield Buffer.concat([...piece, envelopeEnd]);
}

export interface ListHead {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: object;
}

/** All that precedes items of so many bytes. */
function listHead(list: ListHead, itemsBytes: number): Uint8Array {
  const writer = createWriter(512);
  writeStruct(writer, list.metadata as Readonly<Record<string, unknown>>, typeNamed(listMeta));
  writeVarint(writer, sizeOf(writer));
  writeVarint(writer, 0x0a);
  writeEnvelopeHead(writer, list, sizeOf(writer) + itemsBytes);
  return written(writer);
}

/** The tag and length of an item. */
function prefixOf(length: number): Uint8Array {
  const writer = createWriter(11);
  writeVarint(writer, length);
  writeVarint(writer, 0x12);
  return written(writer);
}
const listMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta';

/**
 * One frame of a watch (`application/vnd.kubernetes.protobuf;stream=watch`): four bytes of length, then a WatchEvent
 * without an envelope, which carries `object` in its envelope, as `encodeProtobuf` makes it.
 */
export function encodeProtobufWatchFrame(type: string, object: Uint8Array): Uint8Array {
  const writer = createWriter(object.length + 64);
  const before = sizeOf(writer);
  writeLengthDelimited(writer, 1, object);
  writeVarint(writer, sizeOf(writer) - before);
  writeVarint(writer, 0x12);
  writeVarint(writer, writeText(writer, type));
  writeVarint(writer, 0x0a);
  const length = sizeOf(writer);
  const header = Buffer.alloc(4);
  header.writeUInt32BE(length);
  writeBytes(writer, header);
  return written(writer);
}

function writeLengthDelimited(writer: Writer, number: number, bytes: Uint8Array): void {
  writeBytes(writer, bytes);
  writeVarint(writer, bytes.length);
  writeVarint(writer, (number << 3) | 2);
}

/**
 * What the envelope says of a body: which kind it is, before it is decided how to read it.
 * @throws {StatusError} BadRequest
 */
export function protobufKind(bytes: Uint8Array): { readonly apiVersion: string; readonly kind: string } {
  return guarded(() => readEnvelope(bytes));
}

/**
 * The object in a body of `application/vnd.kubernetes.protobuf`, in the same form as `decodeObject` of JSON gives; kind
 * and apiVersion are those of the envelope. Field numbers that are not known are passed over.
 * @throws {StatusError} BadRequest if it is no such message
 */
export function decodeProtobuf(bytes: Uint8Array, type: TypeSchema): Record<string, unknown> {
  return guarded(() => {
    const { kind, apiVersion, raw } = readEnvelope(bytes);
    const target: Record<string, unknown> = {};
    if (kind !== '') target['kind'] = kind;
    if (apiVersion !== '') target['apiVersion'] = apiVersion;
    readStruct(createReader(raw), target, type);
    return target;
  });
}

function guarded<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtobufError || error instanceof JsonError) throw badRequest(error.message);
    throw error;
  }
}

/** WatchEvent has no kind of its own. */
function kindOf(fields: Readonly<Record<string, unknown>>, type: TypeSchema): Pick<Envelope, 'apiVersion' | 'kind'> {
  if (!type.byJson.has('apiVersion')) return { apiVersion: '', kind: '' };
  const [group, version, kind] = type.facts.gvk?.[0] ?? ['', '', ''];
  return {
    apiVersion: String(fields['apiVersion'] ?? (group === '' ? version : `${group}/${version}`)),
    kind: String(fields['kind'] ?? kind),
  };
}
