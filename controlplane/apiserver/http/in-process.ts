import { failure } from '#lib/api/status.ts';
import type { Transport, TransportResponse } from '#lib/client/transport.ts';
import type { ApiRequest, ApiResponse, Handler, UserInfo } from '../exchange.ts';

/** Calls `handler` as `user`, with no socket between: how the scheduler and the controllers reach the API server. */
export function createInProcessTransport(handler: Handler, user: UserInfo): Transport {
  return {
    async request({ method, path, headers, body }, signal) {
      signal.throwIfAborted();
      const mark = path.indexOf('?');
      const bytes = typeof body === 'string' ? Buffer.from(body) : (body ?? new Uint8Array(0));
      const request: ApiRequest = {
        method,
        path: mark === -1 ? path : path.slice(0, mark),
        query: new URLSearchParams(mark === -1 ? '' : path.slice(mark + 1)),
        headers,
        user,
        signal,
        async body(limitBytes) {
          if (bytes.length > limitBytes) {
            throw failure('RequestEntityTooLarge', `Request entity too large: limit is ${limitBytes}`);
          }
          return bytes;
        },
        async *bodyStream() {
          yield bytes;
        },
      };
      return responseOf(await handler(request));
    },
  };
}

function responseOf({ status, headers, body }: ApiResponse): TransportResponse {
  return { status, headers, body: piecesOf(body) };
}

async function* piecesOf(body: ApiResponse['body']): AsyncGenerator<Uint8Array> {
  if (body === undefined) return;
  if (typeof body === 'string') yield Buffer.from(body);
  else if (body instanceof Uint8Array) yield body;
  else for await (const piece of body) yield typeof piece === 'string' ? Buffer.from(piece) : piece;
}
