import type { WebSocket } from 'ws';
import { closing, hangUp, hear, sendMessage } from './accept.ts';

/** Subprotocols of an answer that is a stream of bytes: as they are (also without a subprotocol), or as base64 text. */
export const streamProtocols = ['binary.k8s.io', 'base64.binary.k8s.io'] as const;

/** Sends `pieces`, a message each, and closes; stops early when the client has gone. */
export async function sendStream(
  socket: WebSocket,
  protocol: string,
  pieces: AsyncIterable<Uint8Array>,
): Promise<void> {
  let isGone = false;
  const gone = closing(socket).then(() => {
    isGone = true;
  });
  hear(socket, () => {});
  for await (const piece of pieces) {
    if (isGone) return;
    const data = Buffer.from(piece);
    await sendMessage(socket, protocol === 'base64.binary.k8s.io' ? data.toString('base64') : data);
  }
  hangUp(socket);
  await gone;
}
