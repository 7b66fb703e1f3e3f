import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';

export interface Accepted {
  readonly socket: WebSocket;
  /** '' if the client named none. */
  readonly protocol: string;
}

/**
 * Takes over a connection that asked for WebSocket, with the client's first subprotocol among `names`.
 * It is silent until `hear` is called. Returns `undefined`, and has answered, if the request is none, or names subprotocols of which we speak none.
 */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  names: readonly string[],
): Promise<Accepted | undefined> {
  const { 'sec-websocket-protocol': offer = '', ...headers } = request.headers;
  const offered = offer.split(',').map((name) => name.trim());
  const protocol = offered.find((name) => names.includes(name)) ?? '';
  return new Promise((resolve) => {
    if (protocol === '' && offer !== '') {
      const text = `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${names.join(' ')}]`;
      socket.end(`HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n${text}`);
      resolve(undefined);
      return;
    }
    const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: mostBytes });
    // The name of the tunnel has a slash in it, which `ws` refuses: the choice is made here, behind its back.
    if (protocol !== '') server.on('headers', (lines) => lines.push(`Sec-WebSocket-Protocol: ${protocol}`));
    const plain = Object.create(request, { headers: { value: headers } }) as IncomingMessage;
    const closed = () => resolve(undefined);
    socket.once('close', closed);
    server.handleUpgrade(plain, socket, head, (accepted) => {
      socket.off('close', closed);
      connections.set(accepted, socket);
      accepted.pause(); // until somebody listens: a message that nobody hears is lost
      resolve({ socket: accepted, protocol });
    });
  });
}
/** A client's message; kubectl sends at most 32 KiB, others files in one piece. */
const mostBytes = 32 * 1024 * 1024;

/** Sends one message; settles when it is on its way. A connection that has ended takes it and forgets it. */
export function sendMessage(socket: WebSocket, data: Buffer | string): Promise<void> {
  if (socket.readyState !== WebSocket.OPEN) return Promise.resolve();
  return new Promise((resolve) => socket.send(data, () => resolve()));
}

/** Has the client's messages from the first on; those who want none call it, too, to hear that the client leaves. */
export function hear(socket: WebSocket, take: (bytes: Buffer) => void): void {
  socket.on('message', (bytes) => take(bytes as Buffer));
  socket.resume();
}

/**
 * Says goodbye and ends our side of the connection at once, as the original does. Some clients look no further than
 * what the next packet brings: they would wait for one, while we waited for their answer.
 */
export function hangUp(socket: WebSocket): void {
  socket.close(1000);
  socket.resume(); // to hear of its end
  connections.get(socket)?.end();
}
const connections = new WeakMap<WebSocket, Duplex>();

/** Settles when the connection has ended, whatever the reason. */
export function closing(socket: WebSocket): Promise<void> {
  socket.on('error', () => {}); // always followed by 'close'
  if (socket.readyState === WebSocket.CLOSED) return Promise.resolve();
  return new Promise((resolve) => socket.once('close', () => resolve()));
}
