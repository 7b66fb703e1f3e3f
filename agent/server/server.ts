import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { failure, StatusError } from '#lib/api/status.ts';
import { http } from '#lib/http.ts';
import { createAccess } from './access.ts';
import { type Handling, handle } from './handle.ts';
import type { KubeletServerOptions, ServingRule } from './options.ts';
import { addOwnMetrics } from './own-metrics.ts';
import { isDebugging, type Route, routeOf } from './routes.ts';
import { serveLog } from './serve-log.ts';
import { serveStream } from './streams.ts';
import { createUsage } from './usage.ts';
import { createVolumeUsage } from './volume-usage.ts';

export interface KubeletServer {
  readonly port: number;
  /** Serves with another certificate, or believes another authority, from the next connection on; what is not named stays. */
  useCertificate(fresh: Partial<KubeletServerOptions['tls']>): void;
  /** Settles when it has stopped, after the signal was aborted. */
  readonly stopped: Promise<void>;
}

/** Serves the kubelet's API until `signal` is aborted. Nobody is let in without authentication and authorization. */
export async function startKubeletServer(options: KubeletServerOptions, signal: AbortSignal): Promise<KubeletServer> {
  const { host, port = 10250, tls, log, healthzAddress = '127.0.0.1:10248', hasDebugging = true } = options;
  const secured = (one: KubeletServerOptions['tls']) => tlsOptions(one, options);
  const access = createAccess({ ...options, rule: options.access });
  const { rootDir = '/var/lib/kubelet', client, clock, volumeStatsMs } = options;
  const volumes = createVolumeUsage({ rootDir, client, clock, freshMs: volumeStatsMs });
  const handling: Handling = { ...options, usage: createUsage(options), volumes };
  addOwnMetrics(options);
  let inUse = tls;
  const server = createServer(secured(inUse));
  server.on('request', (request, response) => {
    const ended = endOf(
      response.on('error', () => {}),
      signal,
    );
    const answered = guarded(request, ended.signal).then(({ route, query }) =>
      handle(route, request, response, query, handling, ended.signal),
    );
    answered.catch((error: unknown) => {
      if (response.headersSent)
        response.destroy(); // the client must not take what it got for the whole
      else
        refuse(error, (code, text) =>
          response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' }).end(text),
        );
    });
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const ended = endOf(
      socket.on('error', () => socket.destroy()),
      signal,
    );
    const served = guarded(request, ended.signal).then(async ({ route, query }) => {
      const end = { socket, head };
      if (route.to === 'logs') await serveLog(route, request, end, query, options, ended.signal);
      else if (route.to === 'exec' || route.to === 'attach' || route.to === 'portForward')
        await serveStream(route, request, end, query, options, ended.signal);
      else throw notHere();
    });
    served.catch((error: unknown) => refuse(error, (code, text) => socket.end(rawAnswer(code, text))));
  });

  async function guarded(
    request: IncomingMessage,
    until: AbortSignal,
  ): Promise<{ route: Route; query: URLSearchParams }> {
    const [pathname = '', query = ''] = (request.url ?? '/').split(/\?(.*)/s);
    const user = await access.authenticate(request, until);
    if (user === undefined) throw failure('Unauthorized', 'Unauthorized');
    const words = await access.refusal(user, request.method ?? '', pathname, until);
    if (words !== undefined) throw failure('Forbidden', words);
    const route = routeOf(pathname);
    if (route === undefined) throw notHere();
    if (!hasDebugging && isDebugging(route)) throw failure('MethodNotAllowed', 'Debug endpoints are disabled.');
    return { route, query: new URLSearchParams(query) };
  }

  function refuse(error: unknown, answer: (code: number, text: string) => void): void {
    if (signal.aborted) return;
    const code = error instanceof StatusError ? error.code : codeOf(error);
    if (code === 500) log.warn('Refused a request', { err: error });
    answer(code, `${error instanceof Error ? error.message : String(error)}\n`);
  }

  await listen(server, port, host);
  const health = await startHealthz(healthzAddress);
  signal.addEventListener('abort', () => server.closeAllConnections(), { once: true });
  const stopped = Promise.all([closing(server, signal), health && closing(health, signal)]).then(() => {});
  return {
    port: (server.address() as AddressInfo).port,
    useCertificate({ cert = inUse.cert, key = inUse.key, clientCa = inUse.clientCa }) {
      inUse = { clientCa, ...(cert === undefined || key === undefined ? {} : { cert, key }) };
      server.setSecureContext(secured(inUse));
    },
    stopped,
  };
}

function tlsOptions({ cert, key, clientCa }: KubeletServerOptions['tls'], { minVersion, ciphers }: ServingRule) {
  const own = cert === undefined || key === undefined ? {} : { cert, key };
  const rule = { minVersion: minVersion ?? 'TLSv1.2', ...(ciphers === undefined ? {} : { ciphers }) } as const;
  return { ...own, ca: clientCa, requestCert: true, rejectUnauthorized: false, ...rule } as const;
}

function notHere(): StatusError {
  return failure('NotFound', '404 page not found');
}

/** Errors of the runtime carry reasons, but only an absent thing is the caller's. */
function codeOf(error: unknown): number {
  return (error as { reason?: string }).reason === 'NotFound' ? 404 : 500;
}

function rawAnswer(code: number, text: string): string {
  const head = `HTTP/1.1 ${code} Refused\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n`;
  return `${head}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

/** Aborted when the client has gone, or the server stops. */
function endOf(end: { once(event: 'close', listener: () => void): unknown }, signal: AbortSignal): AbortController {
  const ended = new AbortController();
  const abort = () => ended.abort(new Error('The client has gone'));
  end.once('close', () => {
    signal.removeEventListener('abort', abort);
    abort();
  });
  signal.addEventListener('abort', abort, { once: true });
  return ended;
}

async function startHealthz(address: string) {
  if (address === '') return undefined;
  const colon = address.lastIndexOf(':');
  const server = http.createServer((request, response) => {
    const isKnown = request.url === '/healthz' || request.url?.startsWith('/healthz/');
    response.writeHead(isKnown ? 200 : 404, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(isKnown ? 'ok' : '404 page not found\n');
  });
  await listen(server, Number(address.slice(colon + 1)), address.slice(0, colon));
  return server;
}

function listen(server: Server, port: number, host: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function closing(server: Server, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const close = () => server.close(() => resolve());
    if (signal.aborted) close();
    else signal.addEventListener('abort', close, { once: true });
  });
}
