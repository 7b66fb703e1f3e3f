import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { WebSocket } from 'ws';
import type { SpdySession } from '../spdy/session.ts';
import { closing, hangUp, hear, sendMessage } from './accept.ts';
import { closeChannel, decodeMessage, encodeMessage, type Subprotocol } from './channels.ts';

/** Which streams a command has. */
export interface RemoteStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** Channels by number. Rule: remotecommand over WebSocket. */
export const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

/**
 * Joins a client that speaks WebSocket with a runtime that speaks SPDY (v4.channel.k8s.io) until the command has ended
 * or the client is gone; both connections are closed then.
 */
export async function translateRemoteCommand(
  socket: WebSocket,
  subprotocol: Subprotocol,
  runtime: SpdySession,
  { stdin, stdout, stderr, tty }: RemoteStreams,
): Promise<void> {
  const open = (kind: string) => runtime.open({ streamtype: kind });
  const error = open('error');
  error.end(); // we only read it
  const inputs = new Map<number, Writable>();
  const outputs: Promise<void>[] = [];
  const send = (channel: number, data: Uint8Array) =>
    sendMessage(socket, encodeMessage({ channel, data }, subprotocol));

  if (stdin)
    inputs.set(
      channels.stdin,
      open('stdin').on('data', () => {}),
    );
  if (stdout) outputs.push(copy(ended(open('stdout')), (data) => send(channels.stdout, data)));
  if (stderr && !tty) outputs.push(copy(ended(open('stderr')), (data) => send(channels.stderr, data)));
  if (tty)
    inputs.set(
      channels.resize,
      open('resize').on('data', () => {}),
    );
  // Says, as upstream does, that the command is being run: on the lowest channel that we write to. kubectl listens before it knows
  // its channels, and complains of what comes too soon: the runtime is to have answered first.
  await error.answered;
  await send(stdout ? channels.stdout : stderr ? channels.stderr : channels.error, nothing);
  takeInput(socket, subprotocol, inputs);

  const finished = Promise.all(outputs)
    .then(() => readStatus(error))
    .then((status) => sendStatus(status, subprotocol, (data) => send(channels.error, data)));
  await Promise.race([finished, closing(socket), runtime.closed.then(() => finished)]);
  hangUp(socket);
  runtime.close();
}
const nothing = new Uint8Array(0);

/** A stream that we only read from. */
function ended<T extends Readable & Writable>(stream: T): T {
  stream.end();
  return stream;
}

async function copy(from: Readable, to: (data: Buffer) => Promise<void>): Promise<void> {
  for await (const chunk of from) await to(chunk as Buffer);
}

function takeInput(socket: WebSocket, subprotocol: Subprotocol, inputs: ReadonlyMap<number, Writable>): void {
  hear(socket, (bytes) => {
    const message = decodeMessage(bytes, subprotocol);
    if (message === undefined) return;
    if (subprotocol.version === 5 && message.channel === closeChannel) {
      inputs.get(message.data[0] ?? -1)?.end();
      return;
    }
    const input = inputs.get(message.channel);
    if (input === undefined || input.writableEnded || message.data.length === 0) return;
    if (!input.write(message.data)) void slowDown(socket, input);
  });
}

async function slowDown(socket: WebSocket, input: Writable): Promise<void> {
  socket.pause();
  await Promise.race([once(input, 'drain'), once(input, 'close')]).catch(() => {});
  socket.resume();
}

async function readStatus(error: Readable): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of error) {
    bytes += (chunk as Buffer).length;
    if (bytes <= mostStatusBytes) parts.push(chunk as Buffer);
  }
  return Buffer.concat(parts);
}
const mostStatusBytes = 64 * 1024;

/** Before v4 the channel holds plain words, and those only of a failure. */
async function sendStatus(
  status: Buffer,
  { version }: Subprotocol,
  send: (data: Uint8Array) => Promise<void>,
): Promise<void> {
  if (status.length === 0) return;
  if (version >= 4) return await send(status);
  const { status: word, message } = JSON.parse(status.toString()) as { status?: string; message?: string };
  if (word !== 'Success' && message) await send(Buffer.from(message));
}
