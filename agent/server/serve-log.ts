import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { badRequest } from '#lib/api/status.ts';
import { containerLogs } from './logs.ts';
import type { KubeletServerOptions } from './options.ts';
import type { Route } from './routes.ts';

/** A log over WebSocket, for browsers: the client asks the API server, which hands the connection on to us. */
export async function serveLog(
  route: Extract<Route, { readonly to: 'logs' }>,
  request: IncomingMessage,
  { socket, head }: { readonly socket: Duplex; readonly head: Buffer },
  query: URLSearchParams,
  options: KubeletServerOptions,
  signal: AbortSignal,
): Promise<void> {
  if (request.headers.upgrade?.toLowerCase() !== 'websocket') throw badRequest('only WebSocket can be asked for here');
  const log = await containerLogs(route.pod, route.container, query, options, signal);
  const { acceptWebSocket } = await import('#lib/streaming/web-socket/accept.ts');
  const { sendStream, streamProtocols } = await import('#lib/streaming/web-socket/send-stream.ts');
  const accepted = await acceptWebSocket(request, socket, head, streamProtocols);
  if (accepted === undefined) return;
  await sendStream(accepted.socket, accepted.protocol, log);
}
