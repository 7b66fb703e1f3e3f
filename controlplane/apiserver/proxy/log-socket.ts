import type { IncomingMessage } from 'node:http';
import { acceptWebSocket, closing, hangUp, hear, sendMessage } from '#lib/streaming/web-socket/accept.ts';
import type { ApiRequest, ApiResponse } from '../exchange.ts';

/** Sends a body piece by piece as messages of a WebSocket. Rule: `binary.k8s.io`, and `base64.binary.k8s.io` as text. */
export async function sendByWebSocket(
  { method, path, headers, upgrade }: ApiRequest,
  body: AsyncIterable<Uint8Array | string>,
): Promise<ApiResponse> {
  const { socket, head } = upgrade!();
  const request = { method, url: path, headers } as unknown as IncomingMessage;
  const accepted = await acceptWebSocket(request, socket, Buffer.from(head), ['binary.k8s.io', 'base64.binary.k8s.io']);
  if (accepted !== undefined) {
    const isText = accepted.protocol === 'base64.binary.k8s.io';
    void pour(accepted.socket, body, isText);
  }
  return { status: 101, headers: {} };
}

async function pour(
  socket: Parameters<typeof sendMessage>[0],
  body: AsyncIterable<Uint8Array | string>,
  isText: boolean,
): Promise<void> {
  const gone = closing(socket).then(() => 'gone' as const);
  hear(socket, () => {});
  const pieces = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([pieces.next(), gone]);
      if (next === 'gone' || next.done === true) break;
      const piece = Buffer.from(next.value as Uint8Array);
      await sendMessage(socket, isText ? piece.toString('base64') : piece);
    }
  } catch {
    // The log broke off: so does the connection.
  }
  hangUp(socket);
  await pieces.return?.().catch(() => {});
}
