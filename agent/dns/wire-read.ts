import { types } from './message.ts';

/** A query as it came. */
export interface Query {
  readonly id: number;
  readonly opcode: number;
  readonly isRecursionDesired: boolean;
  readonly isCheckingDisabled: boolean;
  /** See `Question.name`. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** The question's bytes, letters as they were written: some clients compare them. */
  readonly question: Uint8Array;
  readonly edns: Edns | undefined;
}

export interface Edns {
  /** The largest answer that its sender takes over UDP. */
  readonly size: number;
  readonly version: number;
  readonly wantsDnssec: boolean;
}

/** What is wrong with a message: with an id, if there is one to answer to. */
export type Malformed = { readonly malformed: string; readonly id: number | undefined };

/** Reads a query. Nothing in `bytes` makes it throw or take long: names may not point anywhere in a question. */
export function readQuery(bytes: Uint8Array): Query | Malformed {
  if (bytes.length < 12) return { malformed: 'too short', id: undefined };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const id = view.getUint16(0);
  const flags = view.getUint16(2);
  // An answer is never answered: two servers would talk for ever.
  if (flags & 0x8000) return { malformed: 'an answer', id: undefined };
  const opcode = (flags >> 11) & 15;
  if (view.getUint16(4) !== 1) return { malformed: 'not one question', id };
  const name = readName(bytes, 12);
  if (name === undefined || name.end + 4 > bytes.length) return { malformed: 'a broken name', id };
  const end = name.end + 4;
  const others = view.getUint16(6) + view.getUint16(8);
  const edns = others === 0 ? readEdns(view, end, view.getUint16(10)) : undefined;
  return {
    id,
    opcode,
    isRecursionDesired: (flags & 0x0100) !== 0,
    isCheckingDisabled: (flags & 0x0010) !== 0,
    name: name.text,
    type: view.getUint16(name.end),
    class: view.getUint16(name.end + 2),
    question: bytes.slice(12, end),
    edns,
  };
}

function readName(bytes: Uint8Array, start: number): { readonly text: string; readonly end: number } | undefined {
  let at = start;
  let text = '';
  for (;;) {
    const length = bytes[at];
    if (length === undefined || length > 63 || at + length - start > 254) return undefined;
    at++;
    if (length === 0) return { text, end: at };
    if (at + length > bytes.length) return undefined;
    if (text !== '') text += '.';
    for (const end = at + length; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === 46) text += '\\.';
      else text += String.fromCharCode(byte >= 65 && byte <= 90 ? byte + 32 : byte);
    }
  }
}

/** Only an OPT that stands first counts, as clients send it; anything else is passed over. */
function readEdns(view: DataView, at: number, count: number): Edns | undefined {
  if (count === 0 || at + 11 > view.byteLength || view.getUint8(at) !== 0) return undefined;
  if (view.getUint16(at + 1) !== types.OPT) return undefined;
  return {
    size: view.getUint16(at + 3),
    version: view.getUint8(at + 6),
    wantsDnssec: (view.getUint16(at + 7) & 0x8000) !== 0,
  };
}

/** Where the TTLs of an answer's records are and how long it may be kept, or undefined if it is broken. */
export interface AnswerTimes {
  readonly rcode: number;
  readonly isTruncated: boolean;
  readonly ttlOffsets: readonly number[];
  /** The least TTL of its records; of a negative answer what its SOA says. 0: not to be kept. */
  readonly ttlSeconds: number;
}

export function readTimes(bytes: Uint8Array): AnswerTimes | undefined {
  if (bytes.length < 12) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records = view.getUint16(6) + view.getUint16(8) + view.getUint16(10);
  const ttlOffsets: number[] = [];
  let least = Number.POSITIVE_INFINITY;
  let at = 12;
  for (let question = view.getUint16(4); question > 0; question--) at = skipName(bytes, at) + 4;
  for (let record = 0; record < records; record++) {
    at = skipName(bytes, at);
    if (at + 10 > bytes.length) return undefined;
    const type = view.getUint16(at);
    const length = view.getUint16(at + 8);
    const next = at + 10 + length;
    if (next > bytes.length) return undefined;
    if (type !== types.OPT) {
      ttlOffsets.push(at + 4);
      least = Math.min(least, view.getUint32(at + 4));
      if (type === types.SOA && length >= 22) least = Math.min(least, view.getUint32(next - 4));
    }
    at = next;
  }
  if (at > bytes.length) return undefined;
  return {
    rcode: bytes[3]! & 15,
    isTruncated: (bytes[2]! & 2) !== 0,
    ttlOffsets,
    ttlSeconds: Number.isFinite(least) ? least : 0,
  };
}

/** Past a name; a pointer ends it. Beyond the end if it is broken: the caller's bounds catch that. */
function skipName(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length) {
    const length = bytes[at]!;
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2;
    at += length + 1;
  }
  return bytes.length + 1;
}
