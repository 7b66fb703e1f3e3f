/** Bytes that are no protobuf message. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
}

/** A place in a message that ends at `end`. */
export interface Reader {
  readonly bytes: Buffer;
  at: number;
  end: number;
  /** How many messages enclose the place. */
  depth: number;
}

export function createReader(bytes: Uint8Array): Reader {
  return { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), at: 0, end: bytes.length, depth: 0 };
}

/** Wire types of protobuf. */
export const wireTypes = { varint: 0, fixed64: 1, length: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const;

function truncated(): ProtobufError {
  return new ProtobufError('proto: unexpected EOF');
}

/** An unsigned varint of which the lower 32 bits count: lengths, tags, booleans, 32-bit integers. */
export function readVarint32(reader: Reader): number {
  const { bytes } = reader;
  let value = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    if (reader.at >= reader.end) throw truncated();
    const byte = bytes[reader.at++]!;
    if (shift < 32) value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
  throw new ProtobufError('proto: integer overflow');
}

/** A signed integer of 64 bits; a bigint where a number is not exact. */
export function readInt64(reader: Reader): number | bigint {
  const start = reader.at;
  let low = 0;
  for (let shift = 0; shift < 49; shift += 7) {
    if (reader.at >= reader.end) throw truncated();
    const byte = reader.bytes[reader.at++]!;
    low += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return low;
  }
  reader.at = start;
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    if (reader.at >= reader.end) throw truncated();
    const byte = reader.bytes[reader.at++]!;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) {
      const signed = BigInt.asIntN(64, value);
      const number = Number(signed);
      return Number.isSafeInteger(number) ? number : signed;
    }
  }
  throw new ProtobufError('proto: integer overflow');
}

export function readDouble(reader: Reader): number {
  if (reader.at + 8 > reader.end) throw truncated();
  const value = reader.bytes.readDoubleLE(reader.at);
  reader.at += 8;
  return value;
}

/** Where the length-delimited value that follows ends; `at` then stands at its beginning. */
export function readEnd(reader: Reader): number {
  const length = readVarint32(reader);
  const end = reader.at + length;
  if (end > reader.end) throw truncated();
  return end;
}

export function readText(reader: Reader): string {
  const end = readEnd(reader);
  const text = reader.bytes.toString('utf8', reader.at, end);
  reader.at = end;
  return text;
}

/** A view, not a copy. */
export function readBytes(reader: Reader): Buffer {
  const end = readEnd(reader);
  const bytes = reader.bytes.subarray(reader.at, end);
  reader.at = end;
  return bytes;
}

/** Passes over a field that is not known. */
export function skipField(reader: Reader, wireType: number, depth = 0): void {
  switch (wireType) {
    case wireTypes.varint:
      readVarint32(reader);
      return;
    case wireTypes.fixed64:
      reader.at += 8;
      break;
    case wireTypes.length:
      reader.at = readEnd(reader);
      return;
    case wireTypes.startGroup:
      skipGroup(reader, depth);
      return;
    case wireTypes.fixed32:
      reader.at += 4;
      break;
    default:
      throw new ProtobufError(`proto: illegal wireType ${wireType}`);
  }
  if (reader.at > reader.end) throw truncated();
}

const maxGroups = 100;

function skipGroup(reader: Reader, depth: number): void {
  if (depth >= maxGroups) throw new ProtobufError('proto: groups nest too deep');
  for (;;) {
    const tag = readVarint32(reader);
    if ((tag & 7) === wireTypes.endGroup) return;
    skipField(reader, tag & 7, depth + 1);
  }
}
