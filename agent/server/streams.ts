// exec, attach and port-forward: the runtime offers them over SPDY at an address of this node; who speaks SPDY is joined
// with it as it is, who speaks WebSocket is translated.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { badRequest, failure } from '#lib/api/status.ts';
import { pipeBoth } from '#lib/streaming/pipe.ts';
import { createSpdySession } from '#lib/streaming/spdy/session.ts';
import { requestUpgrade, type Upgraded } from '#lib/streaming/upgrade.ts';
import type { Accepted } from '#lib/streaming/web-socket/accept.ts';
import { findContainers, findPod } from './find.ts';
import type { KubeletServerOptions } from './options.ts';
import type { PodName, StreamRoute } from './routes.ts';
import { type Asked, portsOf, streamsOf } from './stream-query.ts';

/** Answers a request for another protocol, and works until its connection has ended. @throws {StatusError} before it was answered */
export async function serveStream(
  route: StreamRoute,
  request: IncomingMessage,
  { socket, head }: { readonly socket: Duplex; readonly head: Buffer },
  query: URLSearchParams,
  options: KubeletServerOptions,
  signal: AbortSignal,
): Promise<void> {
  const asked = route.to === 'portForward' ? undefined : streamsOf(query, route.to);
  const url = new URL(await endpointOf(route, asked, query, options, signal));
  if (request.headers.upgrade?.toLowerCase() === 'websocket') {
    await serveWebSocket(request, socket, head, { url, asked, ports: portsOf(query) }, signal);
    return;
  }
  const headers = picked(request, ['connection', 'upgrade', 'x-stream-protocol-version']);
  const runtime = await requestUpgrade({ url, method: 'POST', headers }, signal);
  socket.write(answerHead(runtime));
  await pipeBoth(socket, runtime.socket, { near: head, far: runtime.head });
}

async function endpointOf(
  route: StreamRoute,
  asked: Asked | undefined,
  query: URLSearchParams,
  options: KubeletServerOptions,
  signal: AbortSignal,
): Promise<string> {
  const { runtime } = options;
  if (route.to === 'portForward') {
    return await runtime.portForward(await sandboxOf(route.pod, options, signal), portsOf(query), signal);
  }
  const pod = findPod(route.pod, options);
  const [newest] = await findContainers(pod, route.container, options, signal);
  if (newest === undefined) throw failure('InternalError', `container not found ("${route.container}")`);
  const { streams, command } = asked!;
  return route.to === 'exec'
    ? await runtime.exec(newest.id, command, streams, signal)
    : await runtime.attach(newest.id, streams, signal);
}

async function sandboxOf(name: PodName, options: KubeletServerOptions, signal: AbortSignal): Promise<string> {
  const pod = findPod(name, options);
  const labels = { 'io.kubernetes.pod.uid': pod.metadata.uid ?? '' };
  const sandboxes = await options.runtime.listSandboxes({ labels }, signal);
  const ready = sandboxes.filter(({ isReady }) => isReady).sort((a, b) => b.createdAtMs - a.createdAtMs);
  const [newest] = ready;
  if (newest === undefined) throw failure('InternalError', `no ready sandbox of pod ${name.namespace}/${name.name}`);
  return newest.id;
}

interface Session {
  readonly url: URL;
  /** Absent: port-forward. */
  readonly asked: Asked | undefined;
  readonly ports: readonly number[];
}

async function serveWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  session: Session,
  signal: AbortSignal,
): Promise<void> {
  const { acceptWebSocket } = await import('#lib/streaming/web-socket/accept.ts'); // only who needs it pays for it
  const { subprotocols } = await import('#lib/streaming/web-socket/channels.ts');
  const { tunnelProtocol } = await import('#lib/streaming/web-socket/tunnel.ts');
  const { asked } = session;
  const spoken = subprotocols.filter(({ version }) => asked !== undefined || version < 5).map(({ name }) => name);
  if (asked === undefined) spoken.unshift(tunnelProtocol);
  // The runtime first: what it refuses is then an answer in HTTP, which clients can show.
  const version = asked === undefined ? 'portforward.k8s.io' : 'v4.channel.k8s.io';
  const headers = { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': version };
  const runtime = await requestUpgrade({ url: session.url, method: 'POST', headers }, signal);
  const accepted = await acceptWebSocket(request, socket, head, spoken);
  if (accepted === undefined) runtime.socket.destroy();
  else await translate(accepted, runtime, session);
}

async function translate({ socket, protocol }: Accepted, runtime: Upgraded, { asked, ports }: Session): Promise<void> {
  const { subprotocols } = await import('#lib/streaming/web-socket/channels.ts');
  const { tunnel, tunnelProtocol } = await import('#lib/streaming/web-socket/tunnel.ts');
  if (protocol === tunnelProtocol) {
    await tunnel(socket, runtime.socket, runtime.head);
    return;
  }
  const oldest = subprotocols.find(({ name }) => name === 'channel.k8s.io')!;
  const subprotocol = subprotocols.find(({ name }) => name === protocol) ?? oldest;
  const spdy = createSpdySession(runtime.socket, { role: 'client', head: runtime.head });
  if (asked === undefined) {
    const { translatePortForward } = await import('#lib/streaming/web-socket/port-forward.ts');
    await translatePortForward(socket, subprotocol, spdy, ports);
  } else {
    const { translateRemoteCommand } = await import('#lib/streaming/web-socket/remote-command.ts');
    await translateRemoteCommand(socket, subprotocol, spdy, asked.streams);
  }
}

function picked({ headersDistinct }: IncomingMessage, names: readonly string[]): Record<string, readonly string[]> {
  return Object.fromEntries(names.flatMap((name) => (headersDistinct[name] ? [[name, headersDistinct[name]]] : [])));
}

function answerHead({ headers }: Upgraded): string {
  const kept = ['connection', 'upgrade', 'x-stream-protocol-version'].flatMap((name) =>
    headers[name] === undefined ? [] : [`${name}: ${String(headers[name])}\r\n`],
  );
  return `HTTP/1.1 101 Switching Protocols\r\n${kept.join('')}\r\n`;
}

/** What a request that does not ask for another protocol is told. */
export function upgradeRequired(): never {
  throw badRequest('Upgrade request required');
}
