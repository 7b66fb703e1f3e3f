import type { Duplex } from 'node:stream';
import { encodeFrame, type Frame, FrameReader, resetStatus, SpdyError } from './frames.ts';
import { HeaderDecoder, HeaderEncoder, type Headers } from './headers.ts';
import { SpdyStream } from './stream.ts';

/** One connection that speaks SPDY/3.1, and its streams. */
export interface SpdySession {
  /** Opens a stream; it may be written to at once. */
  open(headers: Headers): SpdyStream;
  /** Settles when the connection has ended, whatever the reason. */
  readonly closed: Promise<void>;
  /** Ends the connection: readers come to their end, writers fail. */
  close(): void;
}

export interface SpdyOptions {
  /** Who asked for the connection opens streams with odd numbers. */
  readonly role: 'client' | 'server';
  /** Called for each stream that the peer opens. Without it they are refused. */
  readonly onStream?: (stream: SpdyStream) => void;
  /** What was read beyond the upgrade. */
  readonly head?: Uint8Array;
}

/**
 * Speaks SPDY/3.1 over `socket`.
 *
 * There is no flow control but the socket's own, as with upstream's peers: a stream whose reader is slow stops the
 * connection. At most 1024 streams are open at once; the peer's further ones are refused.
 */
export function createSpdySession(socket: Duplex, { role, onStream, head }: SpdyOptions): SpdySession {
  const streams = new Map<number, SpdyStream>();
  const reader = new FrameReader();
  const encoder = new HeaderEncoder();
  const decoder = new HeaderDecoder();
  const closed = Promise.withResolvers<void>();
  const own = role === 'client' ? 1 : 0;
  const full = new Set<number>(); // streams whose readers are behind
  let nextId = role === 'client' ? 1 : 2;

  function send(frame: Frame): boolean {
    return socket.writable && socket.write(encodeFrame(frame));
  }

  function makeStream(id: number, headers: Headers): SpdyStream {
    const stream = new SpdyStream(id, headers, {
      send: (data, fin, done) => {
        if (socket.destroyed) done(new SpdyError('Cannot write: the connection has ended'));
        else socket.write(encodeFrame({ type: 'data', id, fin, data }), (error) => done(error ?? null));
      },
      resume: () => {
        if (full.delete(id) && full.size === 0) socket.resume();
      },
      closed: (isDone) => {
        streams.delete(id);
        if (!isDone) send({ type: 'reset', id, status: resetStatus.cancel });
        if (full.delete(id) && full.size === 0) socket.resume();
      },
    });
    streams.set(id, stream);
    return stream;
  }

  function receive(frame: Frame): void {
    switch (frame.type) {
      case 'synStream':
        accept(frame.id, decoder.decode(frame.block), frame.fin);
        break;
      case 'synReply':
      case 'headers':
        decoder.decode(frame.block); // must pass through: blocks share one compression
        streams.get(frame.id)?.answer();
        if (frame.fin) streams.get(frame.id)?.receive(undefined);
        break;
      case 'data':
        receiveData(frame.id, frame.data, frame.fin);
        break;
      case 'reset':
        streams.get(frame.id)?.cut(new SpdyError(`The peer reset the stream with status ${frame.status}`));
        break;
      case 'ping':
        if ((frame.id & 1) !== own) send(frame); // a question, not an answer to ours
        break;
      case 'goAway':
        break; // no new streams are wanted; ours end as they do
    }
  }

  function accept(id: number, headers: Headers, fin: boolean): void {
    if (onStream === undefined || streams.size >= mostStreams || (id & 1) === own || streams.has(id)) {
      send({ type: 'reset', id, status: resetStatus.refused });
      return;
    }
    send({ type: 'synReply', id, fin: false, block: encoder.encode({}) });
    const stream = makeStream(id, headers);
    if (fin) stream.receive(undefined);
    onStream(stream);
  }

  function receiveData(id: number, data: Buffer, fin: boolean): void {
    const stream = streams.get(id);
    if (stream === undefined) return; // late: we have let go of it
    if (data.length > 0 && !stream.receive(data)) {
      full.add(id);
      socket.pause();
    }
    if (fin) stream.receive(undefined);
  }

  function read(chunk: Buffer): void {
    try {
      for (const frame of reader.push(chunk)) receive(frame);
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new SpdyError(String(error)));
    }
  }

  function end(error?: Error | null): void {
    for (const stream of streams.values()) stream.cut(error ?? new SpdyError('The connection has ended'));
    socket.destroy();
    closed.resolve();
  }

  socket.on('data', read);
  socket.on('error', end);
  socket.on('end', () => end());
  socket.on('close', () => end());
  if (head !== undefined && head.length > 0) read(Buffer.from(head));

  return {
    open(headers) {
      const id = nextId;
      nextId += 2;
      const stream = makeStream(id, headers);
      send({ type: 'synStream', id, fin: false, block: encoder.encode(headers) });
      return stream;
    },
    closed: closed.promise,
    close() {
      send({ type: 'goAway', id: 0, status: 0 });
      socket.end();
      end();
    },
  };
}
const mostStreams = 1024;
