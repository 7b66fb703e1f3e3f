// Protobuf is written from its end to its beginning: the length of a message is then known before it is to be written.

/** A growing buffer, filled backwards. */
export interface Writer {
  bytes: Buffer;
  /** Index of the first byte written. */
  at: number;
}

export function createWriter(size = 1024): Writer {
  return { bytes: Buffer.allocUnsafe(size), at: size };
}

/** What was written. A copy: the writer may be used again. */
export function written(writer: Writer): Uint8Array {
  return new Uint8Array(writer.bytes.subarray(writer.at));
}

/** How much was written: what a caller compares to know a message's length. */
export function sizeOf(writer: Writer): number {
  return writer.bytes.length - writer.at;
}

function reserve(writer: Writer, count: number): void {
  if (writer.at >= count) return;
  const used = sizeOf(writer);
  const bytes = Buffer.allocUnsafe(Math.max(2 * writer.bytes.length, used + count));
  writer.bytes.copy(bytes, bytes.length - used, writer.at);
  writer.at = bytes.length - used;
  writer.bytes = bytes;
}

export function writeBytes(writer: Writer, bytes: Uint8Array): void {
  reserve(writer, bytes.length);
  writer.at -= bytes.length;
  writer.bytes.set(bytes, writer.at);
}

/** Returns the number of bytes that the text took. */
export function writeText(writer: Writer, text: string): number {
  const length = Buffer.byteLength(text);
  reserve(writer, length);
  writer.at -= length;
  writer.bytes.write(text, writer.at, length, 'utf8');
  return length;
}

/** `value` is an integer from 0 to 2^53 - 1. */
export function writeVarint(writer: Writer, value: number): void {
  reserve(writer, 10);
  const { bytes } = writer;
  if (value < 0x80) {
    bytes[--writer.at] = value;
    return;
  }
  let count = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) count++;
  writer.at -= count;
  let rest = value;
  for (let index = 0; index < count - 1; index++) {
    bytes[writer.at + index] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  bytes[writer.at + count - 1] = rest;
}

/** A signed integer of 64 bits, also where it is negative or beyond 2^53. */
export function writeInt64(writer: Writer, value: number | bigint): void {
  if (typeof value === 'number' && value >= 0 && Number.isSafeInteger(value)) {
    writeVarint(writer, value);
    return;
  }
  let rest = BigInt.asUintN(64, BigInt(typeof value === 'number' ? Math.trunc(value) : value));
  const bytes: number[] = [];
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  writeBytes(writer, Uint8Array.from(bytes));
}

export function writeDouble(writer: Writer, value: number): void {
  reserve(writer, 8);
  writer.at -= 8;
  writer.bytes.writeDoubleLE(value, writer.at);
}
