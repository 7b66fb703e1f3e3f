import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { familyOf } from '#lib/ip.ts';
import type { Log } from '#lib/log.ts';
import type { Responder } from './respond.ts';

export interface DnsServerOptions {
  readonly address: string;
  readonly port: number;
  readonly responder: Responder;
  readonly log: Log;
  /** Called when both sockets listen. */
  onListening?(port: number): void;
}

/** Answers on UDP and TCP until `signal` is aborted. @throws if it cannot listen */
export async function serveDns(options: DnsServerOptions, signal: AbortSignal): Promise<void> {
  const udp = createSocket({
    type: familyOf(options.address) === 4 ? 'udp4' : 'udp6',
    recvBufferSize: 1 << 20,
    lookup: (address, _options, found) => found(null, address, familyOf(address)), // peers are addresses already
  });
  const tcp = createServer((socket) => serveConnection(socket, options, signal));
  const connections = new Set<Socket>();
  tcp.maxConnections = mostConnections;
  tcp.on('connection', (socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
  });
  udp.on('message', (message, peer) => {
    const send = (answer: Uint8Array | undefined) => {
      if (answer !== undefined) udp.send(answer, peer.port, peer.address, () => {}); // lost as any datagram may be
    };
    const answer = options.responder.respond(message, false, signal);
    if (answer instanceof Promise) void answer.then(send).catch(() => {});
    else send(answer);
  });
  try {
    const isBound = once(udp, 'listening', { signal }); // which may come at once
    udp.bind(options.port, options.address);
    await isBound;
    // Errors of single datagrams: their senders are gone.
    udp.on('error', (error) => options.log.debug('Could not answer', { err: error }));
    const { port } = udp.address();
    tcp.listen(port, options.address);
    await once(tcp, 'listening', { signal });
    options.onListening?.(port);
    await once(signal, 'abort');
  } finally {
    udp.close();
    tcp.close();
    for (const socket of connections) socket.destroy();
  }
}
const mostConnections = 250; // more are closed at once

/** Messages one after another, each behind its length. Who is silent, slow or sends rubbish is cut off. */
function serveConnection(socket: Socket, { responder }: DnsServerOptions, signal: AbortSignal): void {
  let received = Buffer.alloc(0); // bounded: never read on while a message is being answered
  let isBusy = false;
  socket.setTimeout(idleMs, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    if (!isBusy) void answerAll();
  });

  async function answerAll(): Promise<void> {
    isBusy = true;
    socket.pause();
    try {
      while (received.length >= 2 && received.length >= received.readUInt16BE(0) + 2) {
        const length = received.readUInt16BE(0);
        const message = received.subarray(2, length + 2);
        received = received.subarray(length + 2);
        const answer = await responder.respond(message, true, signal);
        if (answer === undefined) {
          socket.destroy();
          return;
        }
        socket.write(Buffer.concat([Buffer.of(answer.length >> 8, answer.length & 255), answer]));
      }
    } catch {
      socket.destroy(); // only the end of this server aborts it
    }
    isBusy = false;
    socket.resume();
  }
}
const idleMs = 10_000;
