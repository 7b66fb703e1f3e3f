import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { constants } from 'node:http2';
import { ReasonError } from '#lib/errors.ts';
import { createSessionKeeper, type SessionKeeper, type SessionOptions } from './http-session.ts';
import type { Transport, TransportRequest, TransportResponse } from './transport.ts';

export interface HttpTransportOptions extends SessionOptions {
  /** A bearer token, asked for each request. */
  token?(): Promise<string | undefined>;
}

export interface HttpTransport extends Transport, Disposable {
  /** To be called after certificates were replaced: requests from now on use the new ones. */
  renew(): void;
}

/** A transport over HTTP/2 with TLS: all requests share one connection, which is made anew whenever it is lost. */
export function createHttpTransport(options: HttpTransportOptions): HttpTransport {
  const keeper = createSessionKeeper(options);

  async function request(request: TransportRequest, signal: AbortSignal): Promise<TransportResponse> {
    const token = await options.token?.();
    const headers = {
      ...request.headers,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ':method': request.method,
      ':path': request.path,
    };
    try {
      return await send(keeper, await keeper.get(signal), headers, request.body, signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!wasRefusedUnseen(error)) throw translate(error);
      keeper.renew(); // the connection was about to close: the server did nothing with the request
      return await send(keeper, await keeper.get(signal), headers, request.body, signal).catch((again) => {
        throw signal.aborted ? signal.reason : translate(again);
      });
    }
  }

  return { request, renew: keeper.renew, [Symbol.dispose]: keeper.close };
}

function send(
  keeper: Pick<SessionKeeper, 'track'>,
  session: ClientHttp2Session,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array | string | undefined,
  signal: AbortSignal,
): Promise<TransportResponse> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ...headers }, { endStream: body === undefined, signal });
    keeper.track(session, stream);
    stream.once('response', (answer) => {
      resolve({ status: Number(answer[':status']), headers: plain(answer), body: readBody(stream, signal) });
    });
    stream.on('error', reject); // also keeps an error after the head from ending the process: the reader sees it, too
    stream.once('close', () => {
      const refused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
      reject(
        Object.assign(new Error('The connection was lost before the answer'), {
          code: refused ? refusedCode : 'ECONNRESET',
        }),
      );
    });
    if (body !== undefined) stream.end(body);
  });
}
const refusedCode = 'ERR_REFUSED_STREAM';

/**
 * The pieces of a body as they come. Not Node's own iterator: that takes a short answer, which is closed before anybody
 * asked for its body, for one that was cut off.
 */
function readBody(stream: ClientHttp2Stream, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let failure: unknown;
  let bell = Promise.withResolvers<void>();
  const ring = () => {
    bell.resolve();
    bell = Promise.withResolvers<void>();
  };
  stream.on('readable', ring);
  stream.on('end', ring);
  stream.on('close', ring);
  stream.on('error', (error) => {
    failure = error;
    ring();
  });
  return read();

  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const changed = bell.promise;
        const piece: Uint8Array | null = stream.read();
        if (piece !== null) yield piece;
        else if (stream.readableEnded) return;
        else if (signal.aborted) throw signal.reason;
        else if (failure !== undefined) throw translate(failure);
        else if (stream.destroyed) throw translate(new Error('The connection was lost within the answer'));
        else await changed;
      }
    } finally {
      if (!stream.destroyed) stream.close(constants.NGHTTP2_CANCEL);
    }
  }
}

function plain(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(':') && value !== undefined) result[name] = String(value);
  }
  return result;
}

function wasRefusedUnseen(error: unknown): boolean {
  return unseenCodes.includes((error as { code?: string }).code ?? '');
}
const unseenCodes = ['ERR_HTTP2_INVALID_SESSION', 'ERR_HTTP2_GOAWAY_SESSION', 'ERR_HTTP2_OUT_OF_STREAMS', refusedCode];

function translate(error: unknown): ReasonError {
  if (error instanceof ReasonError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ReasonError('ServiceUnavailable', `The request to the API server failed: ${message}`, { cause: error });
}
