// Frames of SPDY/3.1 as Kubernetes' streaming uses it: no flow control windows, no server push. Rule: SPDY protocol draft 3.1.
// Knows nothing of sockets or of header compression: header blocks are bytes here.

export type Frame =
  | { readonly type: 'synStream'; readonly id: number; readonly fin: boolean; readonly block: Buffer }
  | { readonly type: 'synReply'; readonly id: number; readonly fin: boolean; readonly block: Buffer }
  | { readonly type: 'headers'; readonly id: number; readonly fin: boolean; readonly block: Buffer }
  | { readonly type: 'reset'; readonly id: number; readonly status: number }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'goAway'; readonly id: number; readonly status: number }
  /** `fin` with the last piece only: a large frame arrives in pieces. */
  | { readonly type: 'data'; readonly id: number; readonly fin: boolean; readonly data: Buffer };

/** `cancel` says: this end is no longer interested. */
export const resetStatus = { protocolError: 1, invalidStream: 2, refused: 3, cancel: 5 } as const;

export class SpdyError extends Error {
  override readonly name = 'SpdyError';
}

const types = { synStream: 1, synReply: 2, reset: 3, ping: 6, goAway: 7, headers: 8 } as const;

/** The bytes of `frame`. Data of more than 16 MiB must be cut by the caller. */
export function encodeFrame(frame: Frame): Buffer {
  switch (frame.type) {
    case 'data': {
      const head = Buffer.alloc(8);
      head.writeUInt32BE(frame.id);
      head.writeUInt32BE(((frame.fin ? 1 : 0) * 0x1000000 + frame.data.length) >>> 0, 4);
      return Buffer.concat([head, frame.data]);
    }
    case 'synStream':
      return control(types.synStream, frame.fin, words(frame.id, 0), Buffer.alloc(2), frame.block);
    case 'synReply':
    case 'headers':
      return control(types[frame.type], frame.fin, words(frame.id), frame.block);
    case 'reset':
    case 'goAway':
      return control(types[frame.type], false, words(frame.id, frame.status));
    case 'ping':
      return control(types.ping, false, words(frame.id));
  }
}

function control(type: number, fin: boolean, ...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = Buffer.alloc(8);
  head.writeUInt16BE(0x8003);
  head.writeUInt16BE(type, 2);
  head.writeUInt32BE((fin ? 1 : 0) * 0x1000000 + length, 4);
  return Buffer.concat([head, ...parts]);
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, index * 4);
  return bytes;
}

/** Cuts a byte stream into frames. What it keeps is bounded: data passes through in pieces, control frames are small. */
export class FrameReader {
  #kept: Buffer = Buffer.alloc(0);
  #data: { readonly id: number; readonly fin: boolean; left: number } | undefined;

  /** The frames that `chunk` completes. @throws {SpdyError} on what is no SPDY */
  *push(chunk: Buffer): Generator<Frame> {
    let rest = this.#kept.length === 0 ? chunk : Buffer.concat([this.#kept, chunk]);
    this.#kept = Buffer.alloc(0);
    for (;;) {
      if (this.#data !== undefined) {
        const piece = rest.subarray(0, this.#data.left);
        rest = rest.subarray(piece.length);
        const frame = this.#take(piece);
        if (frame !== undefined) yield frame;
        if (this.#data !== undefined) return; // waits for more
        continue;
      }
      if (rest.length < 8) break;
      const length = rest.readUIntBE(5, 3);
      const fin = (rest[4]! & 1) === 1;
      if ((rest[0]! & 0x80) === 0) {
        this.#data = { id: rest.readUInt32BE(), fin, left: length };
        rest = rest.subarray(8);
        continue;
      }
      if (length > mostControlBytes) throw new SpdyError(`Cannot read a control frame of ${length} bytes`);
      if (rest.length < 8 + length) break;
      const frame = decodeControl(rest.readUInt16BE(), rest.readUInt16BE(2), fin, rest.subarray(8, 8 + length));
      if (frame !== undefined) yield frame;
      rest = rest.subarray(8 + length);
    }
    this.#kept = rest;
  }

  #take(piece: Buffer): Frame | undefined {
    const data = this.#data!;
    data.left -= piece.length;
    const isLast = data.left === 0;
    if (isLast) this.#data = undefined;
    if (piece.length === 0 && !(isLast && data.fin)) return undefined;
    return { type: 'data', id: data.id, fin: data.fin && isLast, data: piece };
  }
}
const mostControlBytes = 64 * 1024;

/** `undefined` for frames that need no answer: settings, window updates, and types unknown. */
function decodeControl(version: number, type: number, fin: boolean, body: Buffer): Frame | undefined {
  if (version !== 0x8003) throw new SpdyError(`Cannot read SPDY version ${version & 0x7fff}`);
  const need = (bytes: number) => {
    if (body.length < bytes) throw new SpdyError(`Cannot read a frame of type ${type}: it is too short`);
  };
  const idAt = (offset: number) => body.readUInt32BE(offset) & 0x7fffffff;
  switch (type) {
    case types.synStream:
      need(10);
      return { type: 'synStream', id: idAt(0), fin, block: body.subarray(10) };
    case types.synReply:
      need(4);
      return { type: 'synReply', id: idAt(0), fin, block: body.subarray(4) };
    case types.headers:
      need(4);
      return { type: 'headers', id: idAt(0), fin, block: body.subarray(4) };
    case types.reset:
      need(8);
      return { type: 'reset', id: idAt(0), status: body.readUInt32BE(4) };
    case types.goAway:
      need(8);
      return { type: 'goAway', id: idAt(0), status: body.readUInt32BE(4) };
    case types.ping:
      need(4);
      return { type: 'ping', id: body.readUInt32BE(0) };
    default:
      return undefined;
  }
}
