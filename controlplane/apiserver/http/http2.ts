import {
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { type ApiRequest, isWhole, type PeerCertificate } from '../exchange.ts';
import { readBody } from './body.ts';
import { compress } from './compress.ts';
import { peerOf } from './peer.ts';
import { sendBody } from './send.ts';
import type { Serving } from './under-way.ts';

/** Answers HTTP/2 streams by `handler`. It listens nowhere: TLS connections are handed to it by `emit('connection')`. */
export function createHttp2(serving: Serving): Http2Server {
  const server = createServer({
    settings: { maxConcurrentStreams: 1000, initialWindowSize: 1024 * 1024 },
    maxSessionMemory: 100, // MB: many watches share one session
  });
  server.on('stream', (stream, headers) => void take(stream as ServerHttp2Stream, headers, serving));
  server.on('session', (session) => session.on('error', () => session.destroy()));
  return server;
}

/** Whatever goes wrong with one answer (a header that a proxied server made up) ends that stream alone. */
async function take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, serving: Serving): Promise<void> {
  try {
    await serving.under.during(() => answer(stream, headers, serving));
  } catch {
    if (!stream.destroyed) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }
}

async function answer(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, serving: Serving): Promise<void> {
  stream._destroy = destroyQuietly;
  stream.on('error', () => {}); // the client reset it: 'close' follows and ends the work
  const request = new Http2Request(stream, headers, serving);
  const response = await compress(request, await serving.handler(request));
  request.isAnswered = isWhole(response.body);
  if (stream.destroyed || stream.headersSent) return;
  const hasBody = response.body !== undefined && request.method !== 'HEAD';
  stream.respond({ ':status': response.status, ...response.headers }, { endStream: !hasBody });
  if (hasBody) await sendBody(stream, response.body, stream.session);
  // What the client still sends nobody will read: a body without end must not keep the stream. (Of a client that has sent
  // all, the stream ends by itself; a reset would overtake what waits for the client's window.)
  if (!stream.endAfterHeaders && !stream.readableEnded && !stream.destroyed) stream.close(constants.NGHTTP2_NO_ERROR);
}

/**
 * What has been read to its end is taken down while its answer is on the way: for each such request Node.js makes an error
 * that nobody sees. Its stack would cost as much as to decide who may send the request.
 */
function destroyQuietly(this: ServerHttp2Stream, error: Error | null, callback: (error?: Error | null) => void): void {
  const most = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    Object.getPrototypeOf(this)._destroy.call(this, error, callback);
  } finally {
    Error.stackTraceLimit = most;
  }
}

/**
 * A class, as its signal is made on demand (most reads never wait for anything): objects with getters of their own are
 * hash tables to the engine, and slow.
 */
class Http2Request implements ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly peer: PeerCertificate | undefined;
  readonly hasBadPeer: boolean | undefined;
  readonly remoteAddress: string | undefined;
  /** Nobody waits for its signal any more: to abort it would cost more than all else that a stream's end takes. */
  isAnswered = false;
  readonly #stream: ServerHttp2Stream;
  readonly #serving: Serving;
  #signal: AbortSignal | undefined;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, serving: Serving) {
    const target = String(headers[':path'] ?? '/');
    const mark = target.indexOf('?');
    const socket = stream.session?.socket as TLSSocket | undefined;
    const peer = socket === undefined ? undefined : peerOf(socket);
    this.method = String(headers[':method'] ?? 'GET');
    this.path = mark === -1 ? target : target.slice(0, mark);
    this.query = new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1));
    this.headers = headers as Readonly<Record<string, string | undefined>>;
    this.peer = peer?.peer;
    this.hasBadPeer = peer?.hasBadPeer;
    this.remoteAddress = peer?.remoteAddress;
    this.#stream = stream;
    this.#serving = serving;
  }

  body(limitBytes: number): Promise<Uint8Array> {
    return readBody(this.#stream, { limitBytes, declaredBytes: lengthOf(this.headers), clock: this.#serving.clock });
  }

  bodyStream(): AsyncIterable<Uint8Array> {
    return this.#stream;
  }

  get signal(): AbortSignal {
    this.#signal ??= this.#serving.under.signalOf(this.#stream, () => this.isAnswered);
    return this.#signal;
  }

  get serverSignal(): AbortSignal {
    return this.#serving.under.stopped;
  }
}

function lengthOf(headers: ApiRequest['headers']): number | undefined {
  const length = Number(headers['content-length']);
  return headers['content-length'] !== undefined && Number.isFinite(length) ? length : undefined;
}
