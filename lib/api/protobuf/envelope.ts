import { createReader, ProtobufError, readBytes, readText, readVarint32, skipField } from './reader.ts';
import { sizeOf, type Writer, writeBytes, writeText, writeVarint } from './writer.ts';

/** `k8s\0`: what every encoded object begins with. */
const magic = Uint8Array.from([0x6b, 0x38, 0x73, 0x00]);

export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  /** The message. */
  readonly raw: Uint8Array;
}

/** Writes magic bytes and runtime.Unknown around what `writeRaw` writes. */
export function writeEnvelope(
  writer: Writer,
  types: Pick<Envelope, 'apiVersion' | 'kind'>,
  writeRaw: () => void,
): void {
  writeBytes(writer, envelopeEnd);
  const beforeRaw = sizeOf(writer);
  writeRaw();
  writeEnvelopeHead(writer, types, sizeOf(writer) - beforeRaw);
}
/** contentEncoding and contentType, empty. */
export const envelopeEnd = Uint8Array.from([0x1a, 0, 0x22, 0]);

/** What precedes a message of so many bytes. */
export function writeEnvelopeHead(
  writer: Writer,
  { apiVersion, kind }: Pick<Envelope, 'apiVersion' | 'kind'>,
  rawBytes: number,
): void {
  writeVarint(writer, rawBytes);
  writeVarint(writer, 0x12);
  const beforeType = sizeOf(writer);
  writeVarint(writer, writeText(writer, kind));
  writeVarint(writer, 0x12);
  writeVarint(writer, writeText(writer, apiVersion));
  writeVarint(writer, 0x0a);
  writeVarint(writer, sizeOf(writer) - beforeType);
  writeVarint(writer, 0x0a);
  writeBytes(writer, magic);
}

/** @throws {ProtobufError} */
export function readEnvelope(bytes: Uint8Array): Envelope {
  if (magic.some((byte, index) => bytes[index] !== byte)) {
    throw new ProtobufError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  }
  const reader = createReader(bytes.subarray(magic.length));
  let types = { apiVersion: '', kind: '' };
  let raw: Uint8Array = new Uint8Array();
  while (reader.at < reader.end) {
    const tag = readVarint32(reader);
    switch (tag) {
      case 0x0a:
        types = readTypeMeta(readBytes(reader));
        break;
      case 0x12:
        raw = readBytes(reader);
        break;
      default:
        skipField(reader, tag & 7);
    }
  }
  return { ...types, raw };
}

function readTypeMeta(bytes: Uint8Array): { apiVersion: string; kind: string } {
  const reader = createReader(bytes);
  const types = { apiVersion: '', kind: '' };
  while (reader.at < reader.end) {
    const tag = readVarint32(reader);
    if (tag === 0x0a) types.apiVersion = readText(reader);
    else if (tag === 0x12) types.kind = readText(reader);
    else skipField(reader, tag & 7);
  }
  return types;
}
