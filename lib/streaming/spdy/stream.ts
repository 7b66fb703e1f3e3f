import { Duplex } from 'node:stream';
import type { Headers } from './headers.ts';

/** What a stream needs of its connection. */
export interface StreamLink {
  send(data: Buffer, fin: boolean, done: (error: Error | null) => void): void;
  /** The reader has caught up. */
  resume(): void;
  /** Nothing more is read or written; `isDone`: both directions came to their ends. */
  closed(isDone: boolean): void;
}

/** One stream of a SPDY connection. A class, as Node's streams are extended that way. */
export class SpdyStream extends Duplex {
  readonly id: number;
  /** What it was opened with. */
  readonly headers: Headers;
  /** Settles when the peer has taken it, or will not. */
  readonly answered: Promise<void>;
  readonly #answered = Promise.withResolvers<void>();
  readonly #link: StreamLink;
  #hasEnd = false;
  #cutBy: Error | undefined;

  constructor(id: number, headers: Headers, link: StreamLink) {
    super({ allowHalfOpen: true, readableHighWaterMark: bufferBytes, writableHighWaterMark: bufferBytes });
    this.id = id;
    this.headers = headers;
    this.#link = link;
    this.answered = this.#answered.promise;
    this.on('error', () => {}); // who reads or writes hears of it through its own call; nobody need listen
  }

  /** The peer has taken it. */
  answer(): void {
    this.#answered.resolve();
  }

  /** Takes data from the connection, `undefined` at the end. Returns whether the reader keeps up. */
  receive(data: Buffer | undefined): boolean {
    if (this.destroyed || this.#hasEnd) return true;
    this.#hasEnd = data === undefined;
    return this.push(data ?? null);
  }

  /**
   * The peer, or the connection, has let go of it: what was received can still be read, as peers end streams in this way,
   * and nothing more can be written.
   */
  cut(error: Error): void {
    this.#cutBy = error;
    this.#answered.resolve();
    this.receive(undefined);
    if (!this.writableEnded) this.end();
  }

  override _read(): void {
    this.#link.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#cutBy !== undefined || chunk.length === 0) {
      done(this.#cutBy);
      return;
    }
    for (let at = 0; at < chunk.length; at += frameBytes) {
      const piece = chunk.subarray(at, at + frameBytes);
      const isLast = at + frameBytes >= chunk.length;
      this.#link.send(piece, false, isLast ? done : ignore);
    }
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#cutBy !== undefined) done();
    else this.#link.send(Buffer.alloc(0), true, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#link.closed(this.#cutBy !== undefined || (this.writableFinished && this.#hasEnd));
    done(error);
  }
}
const bufferBytes = 256 * 1024;
const frameBytes = 64 * 1024;

function ignore(): void {}
