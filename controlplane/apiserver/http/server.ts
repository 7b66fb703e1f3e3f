import { createServer as createListener, type Server as Listener, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Metrics } from '#lib/metrics.ts';
import type { KeyPair } from '#lib/pki/certificate.ts';
import type { Handler } from '../exchange.ts';
import { createHttp1 } from './http1.ts';
import { createHttp2 } from './http2.ts';
import { createUnderWay } from './under-way.ts';

export interface HttpServerOptions {
  readonly handler: Handler;
  /** What the server shows of itself. */
  readonly serving: KeyPair;
  /** PEM of the authorities whose client certificates are believed. */
  readonly clientCa: string;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
}

export type Endpoint = { readonly host: string; readonly port: number } | { readonly fd: number };

export interface HttpServer {
  /** Accepts connections at `endpoint`, an address or an inherited descriptor of a listening socket. Returns its port. */
  listen(endpoint: Endpoint): Promise<number>;
  /** Shows another certificate to whoever connects from now on. */
  reload(serving: KeyPair, clientCa: string): void;
  /** Takes no more connections, lets requests end for up to `graceMs`, then cuts what is left. */
  close(graceMs: number): Promise<void>;
}

/** HTTPS with HTTP/2 and HTTP/1.1 on the same port, each by its own server: cheaper than Node's mixed mode. */
export function createHttpServer({ handler, serving, clientCa, metrics, clock, log }: HttpServerOptions): HttpServer {
  const under = createUnderWay();
  const http1 = createHttp1({ handler, clock, under });
  const http2 = createHttp2({ handler, clock, under });
  const sockets = new Set<Socket>();
  const listeners: Listener[] = [];
  const tls = createTlsServer({
    ...contextOf(serving, clientCa),
    ALPNProtocols: ['h2', 'http/1.1'],
    requestCert: true,
    rejectUnauthorized: false, // without a certificate a token may do; a bad one is refused by authentication
    handshakeTimeout: 10_000,
    minVersion: 'TLSv1.2',
  });
  tls.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => socket.destroy());
    (socket.alpnProtocol === 'h2' ? http2 : http1).emit('connection', socket);
  });
  const failures = metrics.counter(
    'apiserver_tls_handshake_errors_total',
    'Connections that never came to speak TLS.',
    [],
  );
  failures.add([], 0); // seen from the start
  tls.on('tlsClientError', (error, socket) => {
    failures.add([]);
    log.debug('TLS handshake failed', { remoteAddress: socket.remoteAddress, err: error });
  });

  function accept(socket: Socket): void {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    tls.emit('connection', socket);
  }

  async function stop(graceMs: number, signal: AbortSignal): Promise<void> {
    await clock.sleep(Math.min(graceMs, 200), signal); // what is short ends by itself
    under.abort(); // watches end here
    const untilMs = clock.now() + graceMs;
    while (under.count > 0 && clock.now() < untilMs) await clock.sleep(20, signal);
    for (const socket of sockets) socket.destroy();
  }

  return {
    async listen(endpoint) {
      const listener = createListener({ allowHalfOpen: true }, accept);
      listeners.push(listener);
      await new Promise<void>((resolve, reject) => {
        listener.once('error', reject).listen(endpoint, resolve);
      });
      const address = listener.address();
      return typeof address === 'object' && address !== null ? address.port : 0;
    },
    reload: (pair, ca) => tls.setSecureContext(contextOf(pair, ca)),
    async close(graceMs) {
      const closed = listeners.map((listener) => new Promise<void>((resolve) => listener.close(() => resolve())));
      http1.close();
      http2.close(); // tells each client to send nothing new here
      const ended = new AbortController();
      void stop(graceMs, ended.signal).catch(() => {}); // aborted: all ended by themselves
      await Promise.all(closed);
      ended.abort();
    },
  };
}

function contextOf({ cert, key }: KeyPair, clientCa: string): { cert: string; key: string; ca: string } {
  return { cert, key, ca: clientCa };
}
