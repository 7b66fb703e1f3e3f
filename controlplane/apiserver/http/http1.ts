import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '#lib/clock.ts';
import { http } from '#lib/http.ts';
import { type ApiRequest, type ApiResponse, isWhole } from '../exchange.ts';
import { readBody } from './body.ts';
import { compress } from './compress.ts';
import { peerOf } from './peer.ts';
import { sendBody } from './send.ts';
import type { Serving } from './under-way.ts';

/** Answers HTTP/1.1 requests and upgrades by `handler`. Connections are handed to it by `emit('connection')`. */
export function createHttp1(serving: Serving): Server {
  const server = http.createServer({
    headersTimeout: 15_000,
    requestTimeout: 0, // bodies have their own limit; what a proxy carries has none
    keepAliveTimeout: 120_000,
    maxHeaderSize: 64 * 1024,
  });
  server.on('request', (incoming, outgoing) => void take(outgoing, serving, () => answer(incoming, outgoing, serving)));
  server.on(
    'upgrade',
    (incoming, socket, head) => void take(socket, serving, () => upgrade(incoming, socket, head, serving)),
  );
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
    else socket.destroy();
  });
  server.emit('listening'); // starts the watch over slow headers, which waits for an address otherwise
  return server;
}

/** Whatever goes wrong with one answer (a header that a proxied server made up) ends that connection alone. */
async function take(target: { destroy(): unknown }, { under }: Serving, work: () => Promise<void>): Promise<void> {
  try {
    await under.during(work);
  } catch {
    target.destroy();
  }
}

async function answer(incoming: IncomingMessage, outgoing: ServerResponse, serving: Serving): Promise<void> {
  outgoing.on('error', () => {}); // the client went away
  const request = requestOf(incoming, serving.under.signalOf(outgoing), serving.clock);
  const response = await compress(request, await serving.handler(request));
  if (outgoing.destroyed || outgoing.headersSent) return;
  const { status, headers, body } = response;
  const isSized = body !== undefined && isWhole(body);
  const length = isSized ? { 'content-length': Buffer.byteLength(body) } : {};
  // A body that was not read to its end cannot be told from the next request.
  const close = incoming.complete ? {} : { connection: 'close' };
  outgoing.writeHead(status, { ...length, ...headers, ...close });
  if (!isSized) outgoing.flushHeaders();
  await sendBody(outgoing, request.method === 'HEAD' ? undefined : sendable(response));
  if (!incoming.complete) outgoing.once('finish', () => incoming.destroy());
}

/** Node.js writes headers and a text as one, in UTF-8: what stands for bytes in a warning would be encoded once more. */
function sendable({ headers, body }: ApiResponse): ApiResponse['body'] {
  return typeof body === 'string' && headers['warning'] !== undefined ? Buffer.from(body) : body;
}

async function upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer, serving: Serving): Promise<void> {
  socket.on('error', () => socket.destroy());
  let isTaken = false;
  const response = await serving.handler({
    ...requestOf(incoming, serving.under.signalOf(socket), serving.clock),
    upgrade() {
      isTaken = true;
      return { socket, head };
    },
  });
  if (isTaken || socket.destroyed) return;
  await writeRaw(socket, response);
}

/** An upgrade that was refused is answered by hand: Node has given the connection away. */
async function writeRaw(socket: Duplex, { status, headers, body }: ApiResponse): Promise<void> {
  const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${status} \r\n${lines.join('')}\r\n`, 'latin1');
  await sendBody(socket, body);
}

function requestOf(incoming: IncomingMessage, signal: AbortSignal, clock: Clock): ApiRequest {
  const target = incoming.url ?? '/';
  const mark = target.indexOf('?');
  const length = Number(incoming.headers['content-length'] ?? Number.NaN);
  const declaredBytes = Number.isFinite(length) ? length : undefined;
  return {
    method: incoming.method ?? 'GET',
    path: mark === -1 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1)),
    headers: incoming.headers as Readonly<Record<string, string | undefined>>,
    body: (limitBytes) => readBody(incoming, { limitBytes, declaredBytes, clock }),
    bodyStream: () => incoming,
    ...peerOf(incoming.socket as TLSSocket),
    signal,
  };
}
