import type { IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { Socket } from 'node:net';
import { type Duplex, pipeline } from 'node:stream';
import { badRequest, failure } from '#lib/api/status.ts';
import { http } from '#lib/http.ts';
import type { ApiRequest, ApiResponse } from '../exchange.ts';
import { headersBack, headersOnward } from './headers.ts';
import type { Target } from './target.ts';

export interface ForwardOptions {
  readonly target: Target;
  /** With query. */
  readonly path: string;
  /** Instead of the request's own. */
  readonly method?: string;
  readonly extraHeaders?: Readonly<Record<string, string | string[]>>;
}

/**
 * Sends `request` on to `target` and its answer back, as streams both ways. An upgrade (SPDY, WebSocket) that the other
 * end agrees to joins the two connections byte by byte: nothing of it is understood here.
 * @throws {StatusError} ServiceUnavailable if the other end cannot be reached
 */
export async function forward(request: ApiRequest, options: ForwardOptions): Promise<ApiResponse> {
  const { response, socket, head } = await send(request, options);
  if (socket === undefined) {
    return { status: response.statusCode ?? 502, headers: headersBack(response.headers), body: response };
  }
  if (request.upgrade === undefined) {
    socket.destroy();
    throw badRequest('the other end changed the protocol without being asked to');
  }
  join(request.upgrade(), { socket, head }, response);
  return { status: 101, headers: {} };
}

interface Sent {
  readonly response: IncomingMessage;
  /** Set where the other end agreed to change the protocol. */
  readonly socket?: Duplex;
  readonly head: Uint8Array;
}

function send(
  request: ApiRequest,
  { target, path, method = request.method, extraHeaders }: ForwardOptions,
): Promise<Sent> {
  const isUpgrade = request.upgrade !== undefined;
  const headers = { ...headersOnward(request.headers, isUpgrade), ...extraHeaders };
  const options: RequestOptions = {
    host: target.host,
    port: target.port,
    method,
    path,
    headers,
    agent: false,
    signal: request.signal,
    ...tlsOf(target),
  };
  return new Promise((resolve, reject) => {
    const onward = target.tls === undefined ? http.request(options) : httpsRequest(options);
    onward.setNoDelay(true);
    onward.once('response', (response) => {
      response.on('error', () => {}); // whoever reads the body sees it
      resolve({ response, head: none });
    });
    onward.once('upgrade', (response, socket, head) => resolve({ response, socket, head }));
    onward.on('error', (error) => {
      reject(failure('ServiceUnavailable', `error trying to reach service: ${error.message}`));
    });
    if (isUpgrade || method === 'GET' || method === 'HEAD') onward.end();
    else pipeline(request.bodyStream(), onward, () => {}); // an error is seen by 'error' above
  });
}
const none = new Uint8Array(0);

function tlsOf({ host, tls }: Target): RequestOptions {
  if (tls === undefined) return {};
  const { ca, client, isPublic = false, servername = host } = tls;
  return {
    ...(ca === undefined ? { rejectUnauthorized: isPublic } : { ca }),
    ...(client === undefined ? {} : { cert: client.cert, key: client.key }),
    ...(/^[\d.]+$|:/.test(servername) ? {} : { servername }),
  };
}

interface End {
  readonly socket: Duplex;
  readonly head: Uint8Array;
}

/** From here on the two connections are one. Either end's going takes the other with it. */
function join(client: End, other: End, response: IncomingMessage): void {
  const lines: string[] = [];
  for (let at = 0; at < response.rawHeaders.length; at += 2) {
    lines.push(`${response.rawHeaders[at]}: ${response.rawHeaders[at + 1]}\r\n`);
  }
  client.socket.write(`HTTP/1.1 ${response.statusCode} ${response.statusMessage}\r\n${lines.join('')}\r\n`);
  if (other.head.length > 0) client.socket.write(other.head);
  if (client.head.length > 0) other.socket.write(client.head);
  tie(client.socket, other.socket);
  tie(other.socket, client.socket);
}

function tie(from: Duplex, to: Duplex): void {
  from.pipe(to);
  from.on('error', () => to.destroy());
  from.once('close', () => (to as Socket).destroySoon()); // what is buffered still goes out
}
