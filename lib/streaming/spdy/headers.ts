// Header blocks of SPDY/3: names and values with their lengths, through one zlib stream each way that lives as long as the connection.
import { constants, inflateRawSync } from 'node:zlib';
import { dictionary } from './dictionary.ts';
import { SpdyError } from './frames.ts';

/** Lower-case names. */
export type Headers = Readonly<Record<string, string>>;

/**
 * Writes header blocks. They go out uncompressed, as stored blocks of the zlib stream: streams are few and their headers
 * short, and so no state is kept.
 */
export class HeaderEncoder {
  #isFirst = true;

  encode(headers: Headers): Buffer {
    const plain = encodePairs(headers);
    const start = this.#isFirst ? [Buffer.from([0x78, 0x01])] : [];
    this.#isFirst = false;
    return Buffer.concat([...start, storedHead(plain.length), plain, storedHead(0)]); // the empty one flushes
  }
}

function storedHead(length: number): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt16LE(length, 1);
  head.writeUInt16LE(~length & 0xffff, 3);
  return head;
}

function encodePairs(headers: Headers): Buffer {
  const pairs = Object.entries(headers);
  const parts = pairs.flatMap(([name, value]) => [withLength(name.toLowerCase()), withLength(value)]);
  const count = Buffer.alloc(4);
  count.writeUInt32BE(pairs.length);
  const plain = Buffer.concat([count, ...parts]);
  if (plain.length > 0xffff) throw new SpdyError('Cannot send headers of more than 64 KiB');
  return plain;
}

function withLength(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/**
 * Reads header blocks. Each ends at a flush, hence on a byte: all that the next one needs is the window, the last 32 KiB
 * of text, which is given to zlib as its dictionary.
 */
export class HeaderDecoder {
  #window: Buffer = dictionary;
  #isFirst = true;

  /** @throws {SpdyError} on what is no header block, or a very large one */
  decode(block: Buffer): Headers {
    let compressed = block;
    if (this.#isFirst) {
      const hasDictionary = ((block[1] ?? 0) & 0x20) !== 0;
      if (!hasDictionary) this.#window = Buffer.alloc(0);
      compressed = block.subarray(hasDictionary ? 6 : 2);
      this.#isFirst = false;
    }
    const plain = this.#inflate(compressed);
    this.#window = Buffer.concat([this.#window, plain]).subarray(-windowBytes);
    return decodePairs(plain);
  }

  #inflate(compressed: Buffer): Buffer {
    const window = this.#window.length === 0 ? {} : { dictionary: this.#window };
    try {
      const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: mostBytes, ...window };
      return inflateRawSync(compressed, options);
    } catch (error) {
      throw new SpdyError('Cannot inflate a header block', { cause: error });
    }
  }
}
const windowBytes = 32 * 1024;
const mostBytes = 64 * 1024;

function decodePairs(plain: Buffer): Headers {
  let at = 0;
  const number = () => {
    if (at + 4 > plain.length) throw new SpdyError('Cannot read a header block: it is too short');
    at += 4;
    return plain.readUInt32BE(at - 4);
  };
  const text = () => {
    const end = number() + at;
    if (end > plain.length) throw new SpdyError('Cannot read a header block: it is too short');
    const value = plain.toString('utf8', at, end);
    at = end;
    return value;
  };
  const headers: Record<string, string> = Object.create(null);
  for (let count = number(); count > 0; count--) {
    const name = text();
    headers[name] = text();
  }
  return headers;
}
