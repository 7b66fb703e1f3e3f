import { once } from 'node:events';
import type { WebSocket } from 'ws';
import type { SpdySession } from '../spdy/session.ts';
import type { SpdyStream } from '../spdy/stream.ts';
import { closing, hangUp, hear, sendMessage } from './accept.ts';
import { decodeMessage, encodeMessage, type Subprotocol } from './channels.ts';

/**
 * Joins a client that forwards `ports` over WebSocket channels with a runtime that does so over SPDY: port n of the list
 * has data on channel 2n and errors on channel 2n + 1, and each of them begins with the port's number, low byte first.
 * Rule: portforward over WebSocket, `v4.channel.k8s.io`.
 */
export async function translatePortForward(
  socket: WebSocket,
  subprotocol: Subprotocol,
  runtime: SpdySession,
  ports: readonly number[],
): Promise<void> {
  const gone = closing(socket);
  const send = (channel: number, data: Uint8Array) =>
    sendMessage(socket, encodeMessage({ channel, data }, subprotocol));
  const inputs: SpdyStream[] = [];
  for (const [index, port] of ports.entries()) {
    const number = Buffer.from([port & 255, port >> 8]);
    await send(2 * index, number);
    await send(2 * index + 1, number);
    const headers = { port: `${port}`, requestid: `${index}` };
    const error = runtime.open({ ...headers, streamtype: 'error' });
    const data = runtime.open({ ...headers, streamtype: 'data' });
    error.end();
    inputs.push(data);
    void copy(error, (chunk) => send(2 * index + 1, chunk));
    void copy(data, (chunk) => send(2 * index, chunk));
  }
  hear(socket, (bytes) => {
    const message = decodeMessage(bytes, subprotocol);
    const input = message === undefined || message.channel % 2 === 1 ? undefined : inputs[message.channel / 2];
    if (input === undefined || input.writableEnded || input.write(message!.data)) return;
    socket.pause();
    void Promise.race([once(input, 'drain'), once(input, 'close')])
      .catch(() => {})
      .then(() => socket.resume());
  });
  await Promise.race([gone, runtime.closed]);
  hangUp(socket);
  runtime.close();
}

async function copy(from: SpdyStream, to: (data: Buffer) => Promise<void>): Promise<void> {
  for await (const chunk of from) await to(chunk as Buffer);
}
