import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { closing, hangUp, hear, sendMessage } from './accept.ts';

/** What kubectl asks for when it tunnels a SPDY connection for port-forward. Rule: KEP-4006. */
export const tunnelProtocol = 'SPDY/3.1+portforward.k8s.io';

/** Carries a byte stream inside WebSocket messages, both ways, until either ends. */
export async function tunnel(socket: WebSocket, inner: Duplex, head: Uint8Array): Promise<void> {
  const gone = closing(socket).then(() => inner.destroy());
  inner.on('error', () => inner.destroy());
  hear(socket, (bytes) => {
    if (inner.destroyed || inner.write(bytes)) return;
    socket.pause();
    void Promise.race([once(inner, 'drain'), once(inner, 'close')])
      .catch(() => {})
      .then(() => socket.resume());
  });
  if (head.length > 0) await sendMessage(socket, Buffer.from(head));
  try {
    for await (const chunk of inner) await sendMessage(socket, chunk as Buffer);
  } catch {
    // the connection broke: for the client that is its end
  }
  hangUp(socket);
  await gone;
}
